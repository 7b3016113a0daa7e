"""Where media come from, and how they become uint8 pixels with times.

This layer knows nothing about models: it neither resizes nor chooses frames. :mod:`.find` turns an argument into
``MediaSource``s, of a document one for each page, and :mod:`.load` each into a ``DecodedImage`` or ``DecodedVideo``
of :mod:`.frames`. Only what pictures need (:mod:`.image`, :mod:`.animation`, :mod:`.colour`, :mod:`.picture_file`)
imports Pillow, and only :mod:`.video` and what it stands on (:mod:`.film`, :mod:`.probe`, :mod:`.turn`) PyAV, so
that a picture does not pay for libav; only :mod:`.pdf` imports pdfium.
"""
