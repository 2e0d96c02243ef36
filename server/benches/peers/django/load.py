"""Creates the tables and the products of a JSON file: load.py PRODUCTS.json"""

import json
import os
import sys

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from catalog.models import Category, Product  # noqa: E402: needs the settings

FIELDS = ["slug", "name", "description", "price", "stock", "limit"]

call_command("migrate", run_syncdb=True, verbosity=0)
with open(sys.argv[1], encoding="utf-8") as file:
    rows = json.load(file)
categories = {}
for position, row in enumerate(rows):
    name = row["category"]
    if name not in categories:
        categories[name] = Category.objects.create(name=name, position=len(categories))
    Product.objects.create(
        category=categories[name],
        position=position,
        **{field: row[field] for field in FIELDS},
    )
