### What can be bought now, beside prices and quantity fields.

sold-out = Sold out

# Variables:
#   $left (Number) - Units that are left, at least one.
only-left = Only { $left } left

held = Reserved by another shopper. It may become available again.

# Variables:
#   $max (Number) - The most units that one order can hold.
limit-per-order = Up to { $max } per order

# The lowest price of several.
# Variables:
#   $price (Money) - The lowest price.
price-from = from { $price }

## On the page of a product.

product-sold-out = This product is sold out at the moment.

all-held =
    Other shoppers are checking out with the last of these right now. Some may become available
    again: please check back a little later.

product-discontinued = This product is no longer for sale.

## Labels of a quantity field and its buttons.

quantity = Quantity

# Variables:
#   $name (Text) - The names of product and variant.
quantity-of = Quantity: { $name }

# Variables:
#   $name (Text) - The names of product and variant.
decrease-quantity = Decrease quantity of { $name }

# Variables:
#   $name (Text) - The names of product and variant.
increase-quantity = Increase quantity of { $name }

## Why a quantity cannot be bought, beside its field.

not-whole = Please enter a whole number, 0 or more.

# Variables:
#   $max (Number) - The owner's limit for one order.
above-limit = At most { $max } per order.

# Variables:
#   $left (Number) - Units that are left, at least one.
above-stock = Only { $left } left.

# Unpaid orders of the same internet connection hold other units.
# Variables:
#   $left (Number) - Units that may still be reserved.
above-share =
    { $left ->
        [0] No more of these
       *[other] Only { $left } more of these
    } can be reserved until the other orders from your connection have been paid for.

none-left = Sold out.
no-longer-sold = This is no longer sold.
other-currency = This is sold in another currency. Please order it separately.

# Variables:
#   $shown (Money) - The price that the page showed.
#   $now (Money) - The current price.
price-changed = The price has changed from { $shown } to { $now }. Please check it and try again.
