### What an offer says beside its price.

# Below a price, for a business that charges no VAT because it is small.
price-without-tax = No VAT (small business)
price-free-delivery = free delivery

# What the owner says about delivery and returns follows.
delivery-note = Delivery
return-note = Returns
