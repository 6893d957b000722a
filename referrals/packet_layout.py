"""Where everything lies in a packet (docs/packet-format.md): known to who seals and to who verifies."""

MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
SIGNATURE = "tagmanifest-sha256.txt.ed25519"
SSH_SIGNATURE = "tagmanifest-sha256.txt.sig"
# What covers everything else, and so cannot be covered itself.
SEALS = (TAG_MANIFEST, SIGNATURE, SSH_SIGNATURE)
PUBLIC_KEY = "signing-key.pub"
APPROVAL = "approval.json"
CUSTODY = "custody.json"
TRAIL = "trail.json"
CERTIFICATE = "certificate-902.txt"
README = "README.txt"
VERIFIER = "verify.py"
TRAIL_VERIFIER = "verify_trail.py"
SCHEMAS = ("custody", "referral", "trail", "transcript")
REFERRAL = "data/referral.json"
TRANSCRIPT = "data/transcript.json"
TRANSCRIPT_TABLE = "data/transcript.csv"
CYBERTIP = "data/cybertip.xml"
REPORT = "data/referral.pdf"
CASE = "data/case.jsonld"

# What every packet holds under data/; a recipient may ask for more.
PAYLOAD = (CASE, REFERRAL, REPORT, TRANSCRIPT_TABLE, TRANSCRIPT)
SIGNED_TAGS = (
    README,
    APPROVAL,
    "bag-info.txt",
    "bagit.txt",
    CERTIFICATE,
    CUSTODY,
    MANIFEST,
    *(f"schemas/{name}.schema.json" for name in SCHEMAS),
    PUBLIC_KEY,
    TRAIL,
    VERIFIER,
    TRAIL_VERIFIER,
)


def folder_of(case_reference: str) -> str:
    """RFC 8493 §4 wants one folder at the top of the archive, named like the archive."""
    return f"referral-{case_reference}"
