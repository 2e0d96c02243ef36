### What stands beside a price.

# Before the price that is struck through.
prior-price = Lowest price of the 30 days before:

# How much lower the price is than the one that is struck through.
# Variables:
#   $percent (Number) - At least one.
reduction = −{ $percent }%

# What one kilogram, litre or metre costs.
# Variables:
#   $price (Money) - The price of one unit.
#   $unit (Text) - The symbol of the unit, such as kg.
unit-price = { $price } per 1 { $unit }

# What one of several items in a package costs.
# Variables:
#   $price (Money) - The price of one item.
price-per-item = { $price } per item
