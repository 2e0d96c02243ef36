from django.db import models


class Category(models.Model):
    name = models.CharField(max_length=100, unique=True)
    position = models.PositiveIntegerField()


class Product(models.Model):
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    position = models.PositiveIntegerField()
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField()
    price = models.PositiveIntegerField(help_text="in cents")
    stock = models.PositiveIntegerField()
    limit = models.PositiveIntegerField()

    @property
    def price_text(self):
        return f"€{self.price / 100:,.2f}"

    @property
    def available(self):
        return min(self.stock, self.limit)

    @property
    def limit_text(self):
        if self.stock < self.limit:
            return f"Only {self.stock} left."
        return f"At most {self.limit} per order."
