from django.shortcuts import render

from catalog.models import Product


def catalog(request):
    products = Product.objects.select_related("category")
    products = products.order_by("category__position", "position")
    return render(request, "catalog.html", {"products": products})
