### Emails to shoppers, and what emails to the owner share with them.

## Every email.

mail-greeting = Hello,

# Variables:
#   $name (Text) - The shopper's name.
mail-greeting-name = Hello { $name },

mail-test-shop = This is a test shop: no real payments are taken.

# Before a value in plain text.
# Variables:
#   $label (Text) - Such as Total.
mail-label = { $label }:

## The table of an order.

# The caption of the table.
# Variables:
#   $number (Text) - The order number.
#   $time (Text) - When it was paid, such as 28 November 2026 at 14:05 CET.
mail-order-paid = Order { $number }, { $time }

# Below the amount of several units.
# Variables:
#   $price (Money) - The price of one unit.
mail-each = { $price } each

mail-view-order = View your order

## The payment is confirmed.

# Variables:
#   $number (Text) - The order number.
#   $shop (Text) - The shop's name.
mail-paid-subject = Your order { $number } from { $shop }

mail-paid-title = Thank you for your order

# Variables:
#   $number (Text) - The order number.
mail-paid-confirmed = We’ve received your payment, and your order { $number } is confirmed.

# Variables:
#   $number (Text) - The order number.
mail-paid-free = Your order { $number } is confirmed. There was nothing to pay.

mail-next-keep =
    Keep this email: its link opens your order page, which always shows your order, your payment and
    any refund.

## The bank is processing the payment.

# Variables:
#   $shop (Text) - The shop's name.
mail-processing-subject = Your payment to { $shop } is being processed

mail-processing-explanation =
    Your bank is processing the payment. With this payment method, that can take a few working days.
    There’s nothing more you need to do, and please don’t pay again.

mail-next-reserved = The products you ordered are reserved for you.
mail-next-result = We’ll email you when the payment has arrived, or if it fails.

## The payment failed.

# Variables:
#   $shop (Text) - The shop's name.
mail-failed-subject = Your payment to { $shop } did not go through

mail-failed-explanation =
    The payment wasn’t completed. Nothing was charged, and nothing will be sent.

# Variables:
#   $address (Text) - The shop's address.
mail-failed-again =
    The products you chose are no longer reserved for you. If you’d still like them, please order
    again at { $address }

## Paid too late: the units are sold out.

# Variables:
#   $number (Text) - The order number.
#   $shop (Text) - The shop's name.
mail-late-subject = About your order { $number } at { $shop }

mail-late-explanation =
    Your payment arrived after your checkout had expired. By then the products you chose had been
    sold to others, and there aren’t enough left. We’re sorry.

# Variables:
#   $amount (Money) - The whole payment.
mail-late-refunding =
    We’re refunding you in full ({ $amount }). No action is needed: we’ll email you when the refund
    is on its way.

mail-late-kept =
    We’ve kept your order. We’ll contact you about when we can deliver it, or refund you.

## A refund was made.

# Variables:
#   $shop (Text) - The shop's name.
#   $amount (Text) - The amount.
mail-refunded-subject = Your refund from { $shop }: { $amount }

# Variables:
#   $number (Text) - The order number.
#   $amount (Text) - The amount.
mail-refunded-in-full = We’ve refunded your order { $number } in full ({ $amount }).

# Variables:
#   $amount (Text) - The amount of the refund.
#   $paid (Money) - The whole payment.
#   $number (Text) - The order number.
mail-refunded-in-part =
    We’ve refunded { $amount } of the { $paid } you paid for your order { $number }.

# Variables:
#   $amount (Text) - The amount of the refund, in another currency than the payment's.
#   $number (Text) - The order number.
mail-refunded-amount = We’ve refunded { $amount } for your order { $number }.

mail-refunded-arrives =
    It will go back to the card or account you paid with, and usually appears on your statement
    within five to ten days. No action is needed.

## A parcel was sent.

# Variables:
#   $number (Text) - The order number.
#   $shop (Text) - The shop's name.
mail-shipped-subject = Your order { $number } from { $shop } is on its way

mail-shipped-title = Your order is on its way
mail-shipped-part-title = A part of your order is on its way

# Variables:
#   $number (Text) - The order number.
mail-shipped-all = We’ve sent your order { $number }.

# Variables:
#   $number (Text) - The order number.
mail-shipped-part = We’ve sent a part of your order { $number }. The rest will follow.

# Variables:
#   $number (Text) - The order number.
mail-shipped-rest = We’ve sent a part of your order { $number }. Nothing is left to send.

# Variables:
#   $carrier (Text) - The carrier's name.
#   $tracking (Text) - The tracking number.
mail-shipped-carrier-and-number =
    The parcel is carried by { $carrier }, and its tracking number is { $tracking }.

# Variables:
#   $carrier (Text) - The carrier's name.
mail-shipped-carrier = The parcel is carried by { $carrier }.

# Variables:
#   $tracking (Text) - The tracking number.
mail-shipped-number = The parcel’s tracking number is { $tracking }.

## The link to an order, which someone has requested.

# Variables:
#   $number (Text) - The order number.
#   $shop (Text) - The shop's name.
mail-link-subject = The link to your order { $number } at { $shop }

mail-link-title = The link to your order

# Variables:
#   $number (Text) - The order number.
mail-link-requested =
    Someone entered this email address and asked for the link to your order { $number }. Here it is.

mail-link-ignore =
    If that wasn’t you, you can ignore this email: no one else has received it.

## The receipt of a withdrawal is acknowledged.

# Variables:
#   $shop (Text) - The shop's name.
mail-withdrawal-subject = We have received your withdrawal ({ $shop })

mail-withdrawal-acknowledged =
    This email acknowledges that we received your withdrawal from the contract, with the content and
    at the date and time shown below. Please keep it.

mail-withdrawal-next =
    We’ll write to you about what happens next. If you didn’t send this withdrawal, please tell us.

# The caption of the table with the statement.
mail-withdrawal-caption = Withdrawal from the contract

# What is withdrawn from.
mail-withdrawal-whole = the whole order

mail-visit-shop = Go to the shop
