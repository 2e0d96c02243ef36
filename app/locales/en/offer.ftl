### What an offer says beside its price.

# Below a price, for a business that charges no VAT because it is small.
price-without-tax = No VAT (small business)
price-free-delivery = free delivery

# What the owner says about delivery and returns follows.
delivery-note = Delivery
return-note = Returns

# When an order arrives, after what the owner says about delivery.
# Variables:
#   $max (Number) - The most working days, at least one.
arrives-within-days =
    { $max ->
        [one] With you within one working day.
       *[other] With you within { $max } working days.
    }

# The same with the fewest working days.
# Variables:
#   $min (Number) - The fewest working days, at least one.
#   $max (Number) - The most working days.
arrives-in-days = With you in { $min } to { $max } working days.
