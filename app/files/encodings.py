"""Which encodings a caller or an XML declaration may name."""

from encodings.aliases import aliases
from typing import Final

from app.domain.import_files import FileErrorCode, FileRefused

UTF_8: Final = "utf_8"
# They look like plain ASCII, so nothing in the bytes would tell them from UTF-8.
_SEVEN_BITS: Final = {
    "hz",
    "iso2022_jp",
    "iso2022_jp_1",
    "iso2022_jp_2",
    "iso2022_jp_2004",
    "iso2022_jp_3",
    "iso2022_jp_ext",
    "iso2022_kr",
    "utf_7",
}
# Python's list of aliases also holds what turns bytes into bytes, and codecs of Windows alone.
_NO_TEXT: Final = {
    "base64_codec",
    "bz2_codec",
    "hex_codec",
    "mbcs",
    "quopri_codec",
    "rot_13",
    "uu_codec",
    "zlib_codec",
}
_WITHOUT_ALIAS: Final = ("cp720", "cp737", "cp856", "cp874", "cp875", "cp1006", "koi8_t", "koi8_u")
# Python's own registry remembers every name that was ever asked for; this list does not grow.
_CODECS: Final = {
    name: codec
    for name, codec in (
        *aliases.items(),
        *((codec, codec) for codec in (*aliases.values(), *_WITHOUT_ALIAS)),
        ("utf_8_sig", UTF_8),
    )
    if codec not in _NO_TEXT | _SEVEN_BITS
}


def codec_of(name: str) -> str:
    """Return Python's name of the codec; raise FileRefused when there is none that can be used."""
    codec = _CODECS.get(name.strip().lower().replace("-", "_").replace(" ", "_"))
    if codec is None:
        raise FileRefused(
            FileErrorCode.UNREADABLE_ENCODING,
            "The encoding is not known here. Save the file as UTF-8, or name its encoding as Python"
            " does: 'windows-1252', 'iso-8859-15', 'utf-16-le'.",
        )
    return codec
