"""Where everything lies in a packet (docs/packet-format.md): known to who seals and to who verifies."""

MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
SIGNATURE = "tagmanifest-sha256.txt.ed25519"
PUBLIC_KEY = "signing-key.pub"
APPROVAL = "approval.json"
REFERRAL = "data/referral.json"
TRANSCRIPT = "data/transcript.json"
TRANSCRIPT_TABLE = "data/transcript.csv"

PAYLOAD = (REFERRAL, TRANSCRIPT_TABLE, TRANSCRIPT)
SIGNED_TAGS = (APPROVAL, "bag-info.txt", "bagit.txt", MANIFEST, PUBLIC_KEY)


def folder_of(case_reference: str) -> str:
    """RFC 8493 §4 wants one folder at the top of the archive, named like the archive."""
    return f"referral-{case_reference}"
