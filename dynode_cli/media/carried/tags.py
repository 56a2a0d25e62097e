"""Tags (metadata, languages) of files and streams, as containers name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from av.stream import Stream

from dynode_cli.media.carried.trial import disposition_of
from dynode_cli.media.containers import Container

# Tags that describe the file they came from rather than what it shows. A timecode is carried on its own.
_OWN_TAGS = {"major_brand", "minor_version", "compatible_brands", "encoder", "software", "duration", "rotate",
             "alpha_mode", "bps", "vendor_id", "timecode", "application_platform", "company_name", "generation_uid",
             "material_package_umid", "modification_date", "operational_pattern_ul", "product_name", "product_uid",
             "product_version", "product_version_num", "toolkit_version_num", "uid"}  # fmt: skip
# Of languages that ISO 639-2 gives two codes, QuickTime's table (QuickTime File Format, Language Codes) has one, as
# FFmpeg spells it. `sve` is in no other list.
_QUICKTIME = {
    "fre": "fra", "deu": "ger", "nld": "dut", "swe": "sve", "ell": "gre", "isl": "ice", "zho": "chi", "nob": "nor",
    "sqi": "alb", "rum": "ron", "cze": "ces", "slo": "slk", "kat": "geo", "hye": "arm", "bod": "tib", "mya": "bur",
    "msa": "may", "eus": "baq", "cym": "wel", "fas": "per", "mkd": "mac",
}  # fmt: skip
_QUICKTIME_CODES = (
    "eng fra ger ita dut sve spa dan por nor heb jpn ara fin gre ice mlt tur chi urd hin tha kor lit pol hun est lav "
    "per rus alb ron ces slk slv yid mac bul ukr bel uzb kaz aze arm geo mol kir tgk tuk mon pus kur kas snd tib nep "
    "san mar ben asm guj ori mal kan tam tel sin bur khm lao vie ind tgl may amh tir orm som swa kin run nya mlg epo "
    "wel baq cat lat que grn aym tat uig dzo jav und"
)
_APPLE = "com.apple.quicktime."
# What MP4 files hold in the way of iTunes, which leaves no place for other names.
_ITUNES = {"title", "artist", "album_artist", "composer", "album", "date", "comment", "genre", "copyright", "grouping",
           "lyrics", "description", "synopsis", "show", "episode_id", "network", "keywords"}  # fmt: skip


def own_tags_removed(tags: Mapping[str, str]) -> dict[str, str]:
    """`tags` without those that were only true of the file they were read from."""
    return {
        name: value
        for name, value in tags.items()
        if name.lower() not in _OWN_TAGS and not name.startswith(("_STATISTICS", "NUMBER_OF_"))
    }


def copy_tags(stream: Stream, added: Stream, container: Container) -> str | None:
    """Give `added`, in a file of kind `container`, the name, language, flags and other tags of `stream`.

    Returns:
        A warning if something of it is lost.
    """
    tags = own_tags_removed(stream.metadata)
    # MP4 reads the name of a track under another name than it is written.
    name = tags.pop("name", None)
    if name is not None:
        tags.setdefault("title", name)
    language = tags.get("language")
    lost = None
    if language is not None and container.quicktime_languages:
        tags["language"] = _QUICKTIME.get(language, language)
        if tags["language"] not in _QUICKTIME_CODES.split():
            lost = f"the language of stream {stream.index} ({language}) is lost: {container.muxer} has no code for it"
    elif language == "sve":
        tags["language"] = "swe"
    added.metadata.update(tags)
    added.disposition = disposition_of(stream)
    return lost


def file_tags(container: Container, tags: Mapping[str, str]) -> dict[str, str]:
    """Tags for a file of kind `container`, of a source with `tags`."""
    kept = own_tags_removed(tags)
    if container.apple_tags == "beside" and muxer_flags(container, tags):
        # Apple's players look for these under their own names where there are any.
        for name in sorted(_ITUNES & kept.keys()):
            kept.setdefault(_APPLE + name, kept[name])
    return kept


def muxer_flags(container: Container, tags: Iterable[str]) -> dict[str, str]:
    """Options of the muxer under which a file holds tags of these names, as far as it can."""
    names = set(tags)
    apple = any(name.startswith(_APPLE) for name in names)
    instead = container.apple_tags == "instead" and _ITUNES.isdisjoint(names)
    # All are kept under the names that they have. In MP4 they take the place of those of iTunes, which more players show.
    return {"movflags": "use_metadata_tags"} if apple and (instead or container.apple_tags == "beside") else {}


def lost_tags(container: Container, tags: Iterable[str]) -> list[str]:
    """Which of the tags that a phone or camera writes into MOV files are lost in one of kind `container`."""
    names = set(tags)
    kept = container.apple_tags == "as any" or bool(muxer_flags(container, names))
    return [] if kept else sorted(name for name in names if name.startswith(_APPLE))
