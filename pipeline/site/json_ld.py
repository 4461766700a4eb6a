"""Structured data of a page: schema.org as JSON-LD."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from pipeline import urls
from pipeline.model import Enclosure, Event, Partner, Person, Programme, Registration, Release, Story
from pipeline.model.time_codes import format_iso_duration

JsonLd = dict[str, Any]

_CONTEXT = "https://schema.org"
_STATUSES = {"scheduled": "EventScheduled", "moved": "EventRescheduled", "cancelled": "EventCancelled"}


def describe_programme(programme: Programme, releases: Iterable[Release], *, cover: str) -> JsonLd:
    """Describe the podcast series with its episodes, and the series of events; without a podcast only the events."""
    get_address = partial(urls.make_absolute, programme.url)
    events = {
        "@type": "EventSeries",
        "name": programme.title,
        "url": get_address(""),
        "organizer": _describe_organiser(programme),
        "subEvent": [_describe_event(event, programme) for event in programme.events],
    }
    published = list(releases)
    if not (programme.podcast and published):
        return {"@context": _CONTEXT, **events}
    series = {
        **_describe_series(programme),
        "description": programme.podcast.description,
        "image": get_address(cover),
        "author": {"@type": "Organization", "name": programme.podcast.author},
        "publisher": _describe_organiser(programme),
        "hasPart": [
            _describe_reference(
                "PodcastEpisode", release.episode.title, get_address(urls.episode(release.episode.slug))
            )
            for release in published
        ],
    }
    return {"@context": _CONTEXT, "@graph": [series, events] if programme.events else [series]}


def describe_episode(programme: Programme, release: Release, event: Event | None) -> JsonLd:
    """Describe an episode, its files, its people, and the event at which it was recorded."""
    get_address, episode = partial(urls.make_absolute, programme.url), release.episode
    return _drop_empty(
        {
            "@context": _CONTEXT,
            "@type": "PodcastEpisode",
            "name": episode.title,
            "url": get_address(urls.episode(episode.slug)),
            "description": episode.summary,
            "image": get_address(release.cover),
            "inLanguage": programme.language,
            "datePublished": episode.published.isoformat(),
            "duration": format_iso_duration(release.duration_s),
            "episodeNumber": episode.number or None,
            "isFamilyFriendly": not episode.explicit,
            "partOfSeries": _describe_series(programme) if programme.podcast else None,
            "associatedMedia": [_describe_audio(enclosure, release, get_address) for enclosure in release.enclosures],
            "contributor": [_describe_person(person) for person in episode.people],
            "recordedAt": _describe_reference("Event", event.title, get_address(urls.event(event.id)))
            if event
            else None,
        }
    )


def describe_event(programme: Programme, event: Event, *, picture: str = "") -> JsonLd:
    """Describe an event; ``picture`` is the path of its picture in ``public/``."""
    performers = [_describe_person(person) for person in event.guests]
    return _drop_empty(
        {
            "@context": _CONTEXT,
            **_describe_event(event, programme),
            "image": picture and urls.make_absolute(programme.url, picture),
            "performer": performers,
            "sponsor": [_describe_partner(partner) for partner in programme.partners],
            "superEvent": _describe_reference("EventSeries", programme.title, urls.make_absolute(programme.url, "")),
        }
    )


def describe_story(programme: Programme, story: Story) -> JsonLd:
    """Describe a story; its authors may be a group of people, so they are a text."""
    return _drop_empty(
        {
            "@context": _CONTEXT,
            "@type": "NewsArticle" if story.kind == "news" else "Article",
            "headline": story.title,
            "description": story.intro,
            "url": urls.make_absolute(programme.url, urls.story(story.slug)),
            "inLanguage": programme.language,
            "datePublished": story.day.isoformat() if story.day else "",
            "sameAs": story.canonical,
            "creditText": story.by,
            "publisher": _describe_organiser(programme),
        }
    )


def _describe_series(programme: Programme) -> JsonLd:
    get_address = partial(urls.make_absolute, programme.url)
    return {
        "@type": "PodcastSeries",
        "@id": get_address("#podcast"),
        "name": programme.title,
        "url": get_address(""),
        "webFeed": get_address(urls.FEED),
        "inLanguage": programme.language,
    }


def _describe_event(event: Event, programme: Programme) -> JsonLd:
    mode = "Mixed" if event.online and event.venue else "Online" if event.online else "Offline"
    registration = event.registration
    return _drop_empty(
        {
            "@type": "Event",
            "name": event.title,
            "description": event.summary or event.theme,
            "url": urls.make_absolute(programme.url, urls.event(event.id)),
            "startDate": event.starts.isoformat(),
            "endDate": event.ends.isoformat(),
            "eventStatus": f"{_CONTEXT}/{_STATUSES[event.status]}",
            "eventAttendanceMode": f"{_CONTEXT}/{mode}EventAttendanceMode" if event.venue or event.online else None,
            "location": _describe_location(event),
            "organizer": _describe_organiser(programme),
            "isAccessibleForFree": registration.free if registration else None,
            "maximumAttendeeCapacity": registration.places or None if registration else None,
            "offers": _describe_offer(registration) if registration and registration.url else None,
        }
    )


def _describe_offer(registration: Registration) -> JsonLd:
    """Describe the registration as an offer, as search engines ask for it."""
    availability = "SoldOut" if registration.full else "InStock"
    return _drop_empty(
        {
            "@type": "Offer",
            "url": registration.url,
            "price": "0" if registration.free else None,
            "priceCurrency": "EUR" if registration.free else None,
            "availability": f"{_CONTEXT}/{availability}",
            "validThrough": registration.closes.isoformat() if registration.closes else None,
        }
    )


def _describe_location(event: Event) -> JsonLd | list[JsonLd] | None:
    places = []
    if event.venue:
        address = {
            "@type": "PostalAddress",
            "streetAddress": event.venue.address,
            "postalCode": event.venue.postcode,
            "addressLocality": event.venue.city,
        }
        places.append({"@type": "Place", "name": event.venue.name, "address": _drop_empty(address)})
    if event.online.startswith(("https://", "http://")):
        places.append({"@type": "VirtualLocation", "url": event.online})
    return places if len(places) > 1 else places[0] if places else None


def _describe_partner(partner: Partner) -> JsonLd:
    return _drop_empty({"@type": "Organization", "name": partner.name, "url": partner.url})


def _describe_audio(enclosure: Enclosure, release: Release, get_address: Callable[[str], str]) -> JsonLd:
    return {
        "@type": "AudioObject",
        "contentUrl": get_address(enclosure.path),
        "encodingFormat": enclosure.media_type,
        "contentSize": str(enclosure.size_bytes),
        "duration": format_iso_duration(release.duration_s),
    }


def _describe_person(person: Person) -> JsonLd:
    works_for = {"@type": "Organization", "name": person.organisation} if person.organisation else None
    return _drop_empty({"@type": "Person", "name": person.name, "worksFor": works_for})


def _describe_organiser(programme: Programme) -> JsonLd:
    return {"@type": "Organization", "name": programme.organiser}


def _describe_reference(kind: str, name: str, address: str) -> JsonLd:
    return {"@type": kind, "name": name, "url": address}


def _drop_empty(description: JsonLd) -> JsonLd:
    return {name: value for name, value in description.items() if value not in (None, "", [])}
