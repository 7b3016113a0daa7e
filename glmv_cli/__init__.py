"""Talk to the GLM-V models about pictures, films and documents, on the machine you own."""

from __future__ import annotations

__version__ = "0.1.0"
