### The page of one order, for anyone with its link.

## The status of the order: its title, and what it means for the shopper.

order-confirming = Confirming your payment
order-confirming-explanation =
    If you’ve just paid, we’re waiting for Stripe to confirm your payment, which usually takes a
    few seconds. This page updates automatically. Please don’t pay again.

order-processing = Your bank is processing the payment
order-processing-explanation =
    With this payment method, that can take a few working days. Your items are reserved in the
    meantime. There’s nothing more you need to do.

order-failed = The payment did not go through
order-failed-explanation =
    The payment wasn’t completed, so no order was placed and nothing was charged. You can try again
    with another card or payment method.

order-expired = This checkout has ended
order-expired-explanation =
    We didn’t receive a payment before it ended. Nothing was charged. If you’d still like these
    products, please choose them again.

order-paid = Thank you, your order is paid
order-paid-explanation =
    We’ve received your order and your payment. There’s nothing more you need to do.

order-free = Thank you, we have your order
order-free-explanation =
    There was nothing to pay, and there’s nothing more you need to do.

# The payment arrived when its products were sold out.
order-late = Your payment arrived too late
order-late-refunded-explanation =
    By the time it reached us, the products you chose had been sold to someone else. We’ve refunded
    you in full. We’re sorry.
order-late-refunding-explanation =
    By the time it reached us, the products you chose had been sold to someone else. We’re
    refunding you in full. No action is needed. We’re sorry.

order-late-accepted = Your order is paid, but something is missing
order-late-accepted-explanation =
    We have your payment, but not everything is in stock any more: the payment arrived after your
    checkout had expired. We’ll contact you to sort this out.

order-refunded = Your order has been refunded
order-refunded-explanation = We’ve refunded you in full.

order-refunding = Your refund is on its way
order-refunding-explanation = We’re refunding you in full. No action is needed.

order-disputed = Your bank has questioned this payment
order-disputed-explanation =
    We have your order, but your bank is looking into the payment. If you didn’t ask it to, please
    contact us. You don’t need to pay again.

order-dispute-lost = Your bank has reversed this payment
order-dispute-lost-explanation =
    Your bank has decided to return this payment to you, and can tell you when the money will
    arrive. If you’d like to keep your order, please contact us.

## What happens next.

what-happens-next = What happens next

next-bank-confirms =
    Once your bank confirms the payment, this page will show your order as paid.

# The page does not show the address, because whoever has its link sees it.
next-confirmation =
    You’ll get a confirmation by email, at the address you gave with your order.
next-shipping = We’ll send your order to the address you gave us.
next-shipping-rest = We’ll send the rest of your order to the address you gave us.
next-shipped = Everything we have to send is on its way to you.
next-save-link =
    Save the link to this page: you can always see your order, your payment and any refund here.
next-refund-arrives =
    It usually takes five to ten days for a refund to appear on the card or account you paid with.

## Parcels.

shipments-heading = Parcels

# Variables:
#   $day (Text) - The day, such as 23 November 2026.
shipment-sent = Sent on { $day }

# Variables:
#   $carrier (Text) - The carrier's name.
shipment-carrier = with { $carrier }

shipment-tracking-number = Tracking number
shipment-contents = In this parcel
track-parcel = Track the parcel

## Number, date and lines.

order-number = Order number
order-date = Date

# Of the page itself; only a printed one says it.
order-address = Web address of this order

# Captions of the table of lines: of an unpaid order, of a selection that was not bought, and of a
# paid order.
caption-your-order = Your order
caption-your-selection = Your selection
caption-ordered = What you ordered

column-product = Product
column-price = Each
column-quantity = Quantity
column-amount = Amount

line-subtotal = Subtotal
line-discount = Discount
line-shipping = Shipping

# Variables:
#   $method (Text) - The name of the shipping rate.
line-shipping-by = Shipping ({ $method })

line-tax = Tax
line-tax-included = Tax (included)
line-total = Total
line-total-paid = Total paid
line-refunded = Refunded
line-refunding = Refund on its way

# An amount in a currency whose decimals the shop does not know.
# Variables:
#   $amount (Text) - In minor units, such as cents.
#   $code (Text) - The code of the currency, such as EUR.
minor-units = { $amount } minor units of { $code }

shipping-address = Shipping address

## Whom to ask about the order.

# Variables:
#   $email (Text) - The owner's email address.
questions-email = Questions about your order? Please email { $email }.

# Variables:
#   $phone (Text) - The owner's telephone number.
questions-phone = Questions about your order? Please call { $phone }.

# Variables:
#   $email (Text) - The owner's email address.
#   $phone (Text) - The owner's telephone number.
questions-email-or-phone = Questions about your order? Please email { $email } or call { $phone }.

# After one of the sentences above.
quote-order-number = Please quote your order number.

## Why the shopper is on this page instead of Stripe's, and an offer to buy what was chosen.

notice-label = Why you’re seeing this page

already-paid = You’ve already paid for this order, so no new payment was started.
already-processing =
    Your payment for this order is already being processed, so no new payment was started.
paid-before-change =
    This order had already been paid for when you changed your selection, so no new payment was
    started.

offer-again = Would you like to order the same items again?
offer-new-selection = Would you like to buy your new selection as well?
offer-incomplete = The rest of your selection is not available right now.

# Variables:
#   $quantity (Number) - The number of units.
#   $name (Text) - The names of product and variant.
#   $price (Money) - The price of one unit.
offer-line = { $quantity } × { $name }, { $price } each

choose-again = Choose again
