"""Every setting of Artemis, in one file, all from the environment (see .env.example)."""

from pathlib import Path

import structlog

from artemis_site import env

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_settings_file()

SECRET_KEY = env.secret_key()
# Former keys: they still open people's second factors and sessions (docs/keys.md).
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS", default="")
DEBUG = False
ALLOWED_HOSTS = env.names("ARTEMIS_HOSTS", default="127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("ARTEMIS_ORIGINS", default="")
ARTEMIS_DATA = env.data_folder()

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "guardian",
    "pgtrigger",
    "accounts",
    "audit",
    "licensees",
    "scoring",
    "review",
    "referrals",
    "retention",
    "platforms",
    "operations",
    "artemis_site",
]

MIDDLEWARE = [
    "artemis_site.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "artemis_site.middleware.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "artemis_site.middleware.AccessMiddleware",
]

ROOT_URLCONF = "artemis_site.urls"
WSGI_APPLICATION = "artemis_site.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "artemis_site.context.page",
            ],
        },
    },
]

# --- PostgreSQL is the source of truth, Redis only the doorbell ---------------------------------
DATABASES = {"default": env.database()}
# The role that every connection assumes at run time; it owns no table (docs/audit.md).
ARTEMIS_DATABASE_ROLE = env.database_role()
# The role of `manage.py seal_audit`, which alone may add to the tree over the trail.
ARTEMIS_SEALER_ROLE = env.sealer_role()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.redis_url()
CELERY_BROKER_URL = env.celery_broker_url()
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_MAX_TASKS_PER_CHILD = 2000
# Kilobytes; a child that a very long conversation made large is replaced after its task.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 280
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    # A doorbell must not hold up whoever rings it: the sweep finds the work anyway.
    "socket_connect_timeout": 0.4,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_TIMEZONE = "UTC"

# --- People and sessions -----------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "licensees.signed_in_backend.OneQuestionBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign_in"

HTTPS = env.switch("ARTEMIS_HTTPS", default=False)
# How long a person stays signed in without an act, and at most.
ARTEMIS_IDLE_MINUTES = env.number("ARTEMIS_IDLE_MINUTES", default=30)
ARTEMIS_SIGNED_IN_HOURS = env.number("ARTEMIS_SIGNED_IN_HOURS", default=10)
SESSION_ENGINE = "accounts.session_store"
SESSION_COOKIE_AGE = ARTEMIS_SIGNED_IN_HOURS * 3600
# How many proxies of one's own stand in front and add to X-Forwarded-For; 0: nothing that is forwarded is believed.
ARTEMIS_PROXIES = env.number("ARTEMIS_PROXIES", default=0)
# For the demo alone: the page that asks for a code says which one.
ARTEMIS_SHOW_CODES = env.switch("ARTEMIS_SHOW_CODES", default=False)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "artemis_site.views.csrf_failure"

# --- Doors -------------------------------------------------------------------------------------
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
}
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^health/ready$", r"^metrics$"]
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 25_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 12_000

# --- The platforms' API ------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["licensees.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["licensees.authentication.IsPlatform"],
    "DEFAULT_THROTTLE_CLASSES": ["licensees.rate_limits.PerKey"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["scoring.api.parsers.LimitedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "scoring.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Artemis platforms' API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
}

# --- Words, time, files ------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.folder("ARTEMIS_STATIC", default=ARTEMIS_DATA / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.text(
            "ARTEMIS_STATIC_STORAGE",
            default="whitenoise.storage.CompressedManifestStaticFilesStorage",
        )
    },
}

# --- E-mail: that something waits, by its id; without a host nothing is sent, and the pages say so --------
EMAIL_HOST = env.text("ARTEMIS_EMAIL_HOST", default="")
EMAIL_PORT = env.number("ARTEMIS_EMAIL_PORT", default=587)
EMAIL_HOST_USER = env.text("ARTEMIS_EMAIL_USER", default="")
EMAIL_HOST_PASSWORD = env.text("ARTEMIS_EMAIL_PASSWORD", default="")
EMAIL_USE_TLS = env.switch("ARTEMIS_EMAIL_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("ARTEMIS_EMAIL_FROM", default="artemis@localhost")
# Where people reach the site, for the links in e-mails.
ARTEMIS_ADDRESS = CSRF_TRUSTED_ORIGINS[0] if CSRF_TRUSTED_ORIGINS else ""

# --- What Artemis itself may be told ------------------------------------------------------------
ARTEMIS_CLAIM_MINUTES = env.number("ARTEMIS_CLAIM_MINUTES", default=15)
# Calls of the API in a minute: by a key, and by an address without a valid key; 0: no limit.
ARTEMIS_KEY_CALLS = env.number("ARTEMIS_KEY_CALLS", default=1_200)
ARTEMIS_WRONG_KEYS = env.number("ARTEMIS_WRONG_KEYS", default=60)
# Whoever has it reads /metrics; empty: nobody does.
ARTEMIS_METRICS_TOKEN = env.text("ARTEMIS_METRICS_TOKEN", default="")
# In a minute, by a person; and by an address that is not signed in, which may be a whole office.
ARTEMIS_PERSON_PAGES = env.number("ARTEMIS_PERSON_PAGES", default=600)
ARTEMIS_ADDRESS_PAGES = env.number("ARTEMIS_ADDRESS_PAGES", default=1_200)
# The public form: how often in a minute an address may send it, and how many applications may wait.
ARTEMIS_APPLICATIONS = env.number("ARTEMIS_APPLICATIONS", default=5)
ARTEMIS_OPEN_APPLICATIONS = env.number("ARTEMIS_OPEN_APPLICATIONS", default=100)
# Care for the person who reads; 0 switches a limit off (docs/moderator-care.md).
ARTEMIS_DAILY_MESSAGES = env.number("ARTEMIS_DAILY_MESSAGES", default=400)
ARTEMIS_DAILY_SEVERE_CASES = env.number("ARTEMIS_DAILY_SEVERE_CASES", default=25)
ARTEMIS_REVIEW_MINUTES = env.number("ARTEMIS_REVIEW_MINUTES", default=90)
ARTEMIS_PAUSE_MINUTES = env.number("ARTEMIS_PAUSE_MINUTES", default=10)
# How many of a hundred decisions a second person judges blindly.
ARTEMIS_SECOND_REVIEW_PERCENT = env.number("ARTEMIS_SECOND_REVIEW_PERCENT", default=5)
ARTEMIS_SCORING_LEASE_SECONDS = env.number("ARTEMIS_SCORING_LEASE_SECONDS", default=60)
ARTEMIS_SCORING_BATCH = env.number("ARTEMIS_SCORING_BATCH", default=50)
# The most bytes of one body in bulk, unpacked; how many messages a second an archive takes in, 0: no limit.
ARTEMIS_BULK_BYTES = env.number("ARTEMIS_BULK_BYTES", default=4 * 1024**3)
ARTEMIS_ARCHIVE_MESSAGES = env.number("ARTEMIS_ARCHIVE_MESSAGES", default=1_000)
# Off: packets are sent to test endpoints only. On: also to recipients that an admin marked as production.
ARTEMIS_PRODUCTION_DELIVERY = env.switch("ARTEMIS_PRODUCTION_DELIVERY", default=False)
# How long one call to a recipient's server may take, and how often a server that was not reached is tried.
ARTEMIS_DELIVERY_SECONDS = env.number("ARTEMIS_DELIVERY_SECONDS", default=60)
ARTEMIS_DELIVERY_TRIES = env.number("ARTEMIS_DELIVERY_TRIES", default=6)
# The current schema from NCMEC's GET /xsd, if the operator has it: reports are held to it as well.
ARTEMIS_CYBERTIP_XSD = env.text("ARTEMIS_CYBERTIP_XSD", default="")
# How long a recipient's evidence is preserved, by country; empty: the file that comes with Artemis.
ARTEMIS_PRESERVATION_TERMS = env.text("ARTEMIS_PRESERVATION_TERMS", default="")
# How long evidence is kept where a licensee has set nothing, by country; empty: the file that comes with Artemis.
ARTEMIS_RETENTION_TERMS = env.text("ARTEMIS_RETENTION_TERMS", default="")
# On: webhooks of licensees may lead to addresses inside the house, and need no TLS there.
ARTEMIS_WEBHOOK_PRIVATE = env.switch("ARTEMIS_WEBHOOK_PRIVATE", default=False)
# How long a platform's server may take to answer an event.
ARTEMIS_WEBHOOK_SECONDS = env.number("ARTEMIS_WEBHOOK_SECONDS", default=15)
# Key-encryption keys and the packet signing key: files that the database server cannot read.
ARTEMIS_KEYS = env.folder("ARTEMIS_KEYS", default=ARTEMIS_DATA / "keys")
# What gives the key-encryption keys: a function without arguments that returns a scoring.key_providers.KeyProvider.
ARTEMIS_KEY_PROVIDER = env.text("ARTEMIS_KEY_PROVIDER", default="scoring.key_providers.file_keys")
# What erases a conversation that its platform takes back: a function of retention, which scoring does not know.
ARTEMIS_ERASER = "retention.withdrawing.erase_conversation"
# With scoring.hardware_keys.hardware_keys: the library of the module, and the label of the token in it.
ARTEMIS_PKCS11_MODULE = env.text("ARTEMIS_PKCS11_MODULE", default="")
ARTEMIS_PKCS11_TOKEN = env.text("ARTEMIS_PKCS11_TOKEN", default="artemis")

# --- The trail's seal (docs/audit.md) -----------------------------------------------------------
# The name of this trail among all others, as in “artemis.example.org/trail”; only create_keys reads it.
ARTEMIS_TRAIL_NAME = env.text("ARTEMIS_TRAIL_NAME", default="")
# The sealing key, where it is not in ARTEMIS_KEYS: one line, for the sealer's process only.
ARTEMIS_SEALING_KEY = env.text("ARTEMIS_SEALING_KEY", default="")
# Where signed checkpoints are written, each added to what is there: best on another machine's disk.
ARTEMIS_CHECKPOINTS = env.folder("ARTEMIS_CHECKPOINTS", default=ARTEMIS_DATA / "checkpoints")
# Third parties that are given checkpoints, as https://… or mailto:…, with commas; how often each is given the newest.
ARTEMIS_CHECKPOINT_DESTINATIONS = env.names("ARTEMIS_CHECKPOINT_DESTINATIONS", default="")
ARTEMIS_CHECKPOINT_SECONDS = env.number("ARTEMIS_CHECKPOINT_SECONDS", default=60)
ARTEMIS_CHECKPOINT_EMAIL_MINUTES = env.number("ARTEMIS_CHECKPOINT_EMAIL_MINUTES", default=60)
# On: webhooks may lead to addresses inside the house, and need no TLS there.
ARTEMIS_CHECKPOINT_PRIVATE = env.switch("ARTEMIS_CHECKPOINT_PRIVATE", default=False)
# How long an approval or a release waits for the checkpoint that covers it; 0: packets carry no proofs.
ARTEMIS_SEAL_SECONDS = env.number("ARTEMIS_SEAL_SECONDS", default=10)

# --- Logs: structured, and never a local variable (a traceback's locals hold evidence) ------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
        }
    },
    "handlers": {"standard_error": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {
        "handlers": ["standard_error"],
        "level": env.text("ARTEMIS_LOG_LEVEL", default="INFO"),
    },
    "loggers": {
        # Every doorbell would be two lines.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        # Query parameters and exception texts of the database can hold evidence.
        "django.db.backends": {"level": "WARNING"},
    },
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
