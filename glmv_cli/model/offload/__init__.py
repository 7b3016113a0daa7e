"""Experts that do not all lie where they are computed: slots on a GPU, homes in main memory or on disk.

``policy`` and ``residency`` decide, in integers, which expert lies where; ``home``, ``disk``, ``staging``, ``slots``
and ``prefill`` move bytes; ``runner`` computes a layer's experts with both; ``attach`` puts a plan into effect on a
loaded model. What differs between a GPU and its stand-ins is behind ``mover``.
"""
