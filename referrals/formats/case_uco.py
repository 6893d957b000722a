"""data/case.jsonld: the referral for tools of investigators, in CASE/UCO (caseontology.org).

The conversation is one observable, known by the digest of its transcript: a node for each message would say nothing
more, and takes tools minutes to read. People of the house appear as ids and roles. Every id of a node follows from what
it stands for, so that the same referral gives the same graph.
"""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from referrals.formats.text import canonical, escaped, time
from referrals.packet_content import Account, PacketContent
from referrals.packet_layout import REFERRAL, TRANSCRIPT

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:artemis:packet:case")
CONTEXT = {
    "kb": "urn:artemis:kb:",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
Node = dict[str, Any]


def case_jsonld(content: PacketContent, files: Mapping[str, bytes]) -> bytes:
    """`files` holds the transcript and the referral, of which the graph names the digests."""
    return canonical({"@context": CONTEXT, "@graph": _Graph(content, files).nodes()})


class _Graph:
    """The nodes of one referral, and the ids by which they name each other."""

    def __init__(self, content: PacketContent, files: Mapping[str, bytes]) -> None:
        self.content, self.files = content, files
        self.conversation = self.id("conversation")
        self.referral = self.id("referral")
        self.licensee = self.id("licensee")
        self.recipient = self.id("recipient")
        self.moderator = self.id("moderator")
        self.software = self.id("software")
        self.readers = self.id("readers")

    def id(self, name: str) -> str:
        about = f"{self.content.case_reference}\x1f{self.content.version}\x1f{name}"
        return f"kb:{name.partition('/')[0]}-{uuid.uuid5(NAMESPACE, about)}"

    def nodes(self) -> list[Node]:
        actions = self._actions()
        return [
            self._investigation(),
            *self._parties(),
            self._file(self.conversation, TRANSCRIPT, f"Conversation of case {self.content.case_reference}"),
            self._file(self.referral, REFERRAL, f"Referral of case {self.content.case_reference}"),
            *self._accounts(),
            *actions,
            *self._provenance(),
        ]

    def _investigation(self) -> Node:
        return {
            "@id": self.id("investigation"),
            "@type": "case-investigation:Investigation",
            "uco-core:name": f"Case {self.content.case_reference}",
            "uco-core:description": "A platform's referral of a conversation. Subject account and possible minor are "
            "roles of accounts, not findings about people.",
            "case-investigation:investigationForm": "suspicious-activity",
            "uco-core:object": [_ref(self.conversation), _ref(self.referral)],
        }

    def _parties(self) -> list[Node]:
        content = self.content
        return [
            _named(self.licensee, "uco-identity:Organization", content.licensee.name),
            _named(self.recipient, "uco-identity:Organization", content.recipient.name),
            _named(self.moderator, "uco-identity:Identity", f"{content.submitted_by} (moderator)"),
            _named(
                self.readers, "uco-identity:Identity", "moderators and supervisors, counted and not named"
            ),
            {
                **_named(self.software, "uco-tool:Tool", content.software.partition(" ")[0]),
                "uco-tool:version": content.software.partition(" ")[2],
            },
        ]

    def _file(self, node: str, path: str, name: str) -> Node:
        data = self.files[path]
        return {
            **_named(node, "uco-observable:ObservableObject", name),
            "uco-core:hasFacet": [
                {
                    "@id": self.id(f"file-facet/{path}"),
                    "@type": "uco-observable:FileFacet",
                    "uco-observable:fileName": path,
                    "uco-observable:sizeInBytes": len(data),
                },
                {
                    "@id": self.id(f"content-facet/{path}"),
                    "@type": "uco-observable:ContentDataFacet",
                    "uco-observable:mimeType": "application/json",
                    "uco-observable:hash": [self._hash(path, data)],
                },
            ],
        }

    def _hash(self, path: str, data: bytes) -> Node:
        """The method is a plain string: typed as HashNameVocab, case_validate warns and fails."""
        return {
            "@id": self.id(f"hash/{path}"),
            "@type": "uco-types:Hash",
            "uco-types:hashMethod": "SHA256",
            "uco-types:hashValue": {
                "@type": "xsd:hexBinary",
                "@value": hashlib.sha256(data).hexdigest(),
            },
        }

    def _accounts(self) -> list[Node]:
        roles = {
            self.content.subject.platform_id: "subject account",
            self.content.possible_minor.platform_id: "possible minor",
        }
        senders = {message.sender.platform_id: message.sender for message in self.content.messages}
        everyone = {self.content.subject.platform_id: self.content.subject} | {
            self.content.possible_minor.platform_id: self.content.possible_minor
        }
        nodes: list[Node] = []
        for account in sorted({**everyone, **senders}.values(), key=lambda one: one.platform_id):
            node = self.id(f"account/{account.platform_id}")
            nodes += [
                self._account(node, account, roles.get(account.platform_id, "")),
                self._takes_part(node, account),
            ]
        return nodes

    def _account(self, node: str, account: Account, role: str) -> Node:
        return {
            **_named(node, "uco-observable:ObservableObject", account.pseudonym),
            "uco-core:description": f"{role or 'another account'}; age declared: {account.declared_age_band}",
            "uco-core:hasFacet": [
                {
                    "@id": self.id(f"account-facet/{account.platform_id}"),
                    "@type": "uco-observable:AccountFacet",
                    "uco-observable:accountIdentifier": account.platform_id,
                    "uco-observable:accountIssuer": _ref(self.licensee),
                }
            ],
        }

    def _takes_part(self, account_node: str, account: Account) -> Node:
        return {
            "@id": self.id(f"relationship/{account.platform_id}"),
            "@type": "uco-observable:ObservableRelationship",
            "uco-core:source": _ref(account_node),
            "uco-core:target": _ref(self.conversation),
            "uco-core:kindOfRelationship": "Participant_In",
            "uco-core:isDirectional": True,
        }

    def _actions(self) -> list[Node]:
        """Received, scored, read, submitted: what had happened by the request. Approval and sealing: custody.json."""
        content = self.content
        received = [message.received_at for message in content.messages]
        nodes = []
        if received:
            nodes.append(
                self._action(
                    "received",
                    "The platform sent the conversation, and it was kept as received",
                    self.licensee,
                    begin=min(received),
                    end=max(received),
                )
            )
        if content.score:
            scored = content.score.scored_at
            nodes.append(
                self._action(
                    "scored",
                    "The software rated the conversation",
                    self.software,
                    begin=scored,
                    end=scored,
                )
            )
        if content.viewed:
            first = min(viewed.first_viewed_at for viewed in content.viewed)
            most = max(viewed.people for viewed in content.viewed)
            nodes.append(
                self._action(
                    "read",
                    f"People read messages of it, at most {most} one message",
                    self.readers,
                    begin=first,
                    end=content.submitted_at,
                )
            )
        nodes.append(
            self._action(
                "submitted",
                f"A moderator asked for the referral (version {content.version})",
                self.moderator,
                begin=content.submitted_at,
                end=content.submitted_at,
                results=(self.referral,),
            )
        )
        return nodes

    def _action(
        self,
        name: str,
        words: str,
        performer: str,
        *,
        begin: datetime,
        end: datetime,
        results: tuple[str, ...] = (),
    ) -> Node:
        node = {
            **_named(self.id(f"action/{name}"), "case-investigation:InvestigativeAction", name),
            "uco-core:description": words,
            "uco-action:startTime": _moment(begin),
            "uco-action:endTime": _moment(end),
            "uco-action:performer": _ref(performer),
            "uco-action:instrument": [_ref(self.software)],
            "uco-action:object": [_ref(self.conversation)],
        }
        if results:
            node["uco-action:result"] = [_ref(result) for result in results]
        return node

    def _provenance(self) -> list[Node]:
        return [
            {
                "@id": self.id("provenance"),
                "@type": "case-investigation:ProvenanceRecord",
                "uco-core:description": f"As received from the platform under its own id for the conversation: "
                f"{escaped(self.content.conversation_platform_id)}",
                "case-investigation:exhibitNumber": self.content.case_reference,
                "uco-core:object": [_ref(self.conversation), _ref(self.referral)],
            }
        ]


def _named(node: str, kind: str, name: str) -> Node:
    return {"@id": node, "@type": kind, "uco-core:name": name}


def _ref(node: str) -> Node:
    return {"@id": node}


def _moment(at: datetime) -> Node:
    return {"@type": "xsd:dateTime", "@value": time(at)}
