### Why a checkout did not begin, above the form.
###
### "Nothing was charged" is said only where that is certain, otherwise that no payment was started.

nothing-chosen = Choose at least one product.

## Something is wrong with lines of the form. Each reason is beside its product.

lines-prices-changed = Prices have changed since you opened this page. Nothing was charged.
lines-gone = Some of what you chose is no longer available. Nothing was charged.
lines-held = Another shopper is paying for some of what you chose. Nothing was charged.

lines-currencies =
    Products in different currencies cannot be paid together. Nothing was charged.

lines-above-share = We cannot reserve everything you chose. Nothing was charged.
lines-quantities = Some quantities need your attention. Nothing was charged.
lines-mixed = Some of your selection needs your attention. Nothing was charged.

# In the list of reasons, for a variant that does not exist.
unknown-item = An item you selected is no longer available.

## Something is wrong with the whole form.

too-many-lines =
    One order can hold at most 100 different items. Please choose fewer. No payment was started.

# Variables:
#   $minimum (Money) - The smallest amount that can be paid.
below-minimum =
    The minimum order is { $minimum }. Please add another item. Nothing was charged.

above-maximum =
    This order is too large to pay for in one go. Please choose fewer items. Nothing was charged.

stale-form =
    This page is out of date. Please check the quantities and prices and try again. No payment was
    started.

unreadable-form =
    Something was wrong with your order form. Please check your quantities and try again. No payment
    was started.

other-website =
    That form came from another website, so we did not accept it. No payment was started.

form-too-large =
    That form is too large for us to read. Please choose fewer products at a time. No payment was
    started.

## There were too many requests.

limited-checkouts =
    Many orders were started from your connection in a short time. Please try again in a few
    minutes. No payment was started.

limited-shop =
    The shop is very busy right now. Please try again in a minute. No payment was started.

limited-order-searches =
    There were many order searches from your connection in a short time. Please try again later.

limited-requests =
    There were many requests from your connection in a short time. Please try again
    in a minute.

limited-password-resets =
    There were many requests from your connection in a short time. Please try again later.

limited-password-reset-mails =
    Several links were sent to this email address in a short time. Please try again later.

too-many-open =
    There are already several unpaid orders from your internet connection. Please pay for one of
    them, or try again later. No payment was started.

## Something does not work.

payment-unavailable =
    Payment is not available right now. Nothing was charged. Please try again in a few minutes.

payments-refused =
    This shop cannot take payments at the moment. Nothing was charged. We have been notified; please
    come back later.

earlier-payment-unknown =
    We could not reach the payment provider, so we do not know yet whether your earlier payment went
    through. No new payment was started.

# After the sentence above, with a link between the slots.
# Variables:
#   $link (Slot) - The beginning of the link.
#   $end (Slot) - Its end.
earlier-payment-order =
    If you have already paid, your order will appear on { $link }your order page{ $end }. You don’t
    need to pay again.

shop-unavailable =
    Something went wrong on our side. No new payment was started. Please try again in a few minutes.
