"""The settings of a shop that shows its catalog: SQLite, templates, and the usual protections."""

import os
from pathlib import Path

ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["BENCH_DATABASE"],
        # Connections are kept, instead of being opened for each request.
        "CONN_MAX_AGE": None,
    },
}
DEBUG = False
INSTALLED_APPS = ["catalog"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "urls"
# Nothing is signed.
SECRET_KEY = "not secret: the benchmark serves public pages only"
# Without DEBUG, Django keeps compiled templates.
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
    },
]
USE_I18N = False
