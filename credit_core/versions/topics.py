"""Every topic that staff edit as versions, by its key."""

from __future__ import annotations

from credit_core.versions.calendar import CalendarTopic
from credit_core.versions.lists import ListTopic
from credit_core.versions.measures import MeasureTopic
from credit_core.versions.models import TopicKey
from credit_core.versions.offers import OfferTopic
from credit_core.versions.rules import RuleTopic
from credit_core.versions.store import Topic

TOPICS: dict[TopicKey, Topic] = {
    topic.key: topic
    for topic in (RuleTopic(), OfferTopic(), ListTopic(), MeasureTopic(), CalendarTopic())
}
