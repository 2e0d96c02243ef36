### The owner's admin: orders, parcels, refunds, notes.

admin-orders = Orders
admin-orders-none = No order matches.
admin-orders-none-yet = No orders yet.

# Variables:
#   $note (Text) - What somebody has written.
admin-happened-note = Note: { $note }

admin-orders-search = Search
admin-orders-search-hint = A number, email address, name, SKU, or Stripe’s id of the session or payment
admin-orders-state = Status
admin-orders-from = Paid from
admin-orders-to = Paid until
admin-orders-filter = Show
admin-orders-older = Older orders
admin-orders-newest = Newest orders
admin-orders-choose = Choose
admin-orders-choose-all = Choose all on this page

# Variables:
#   $number (Text) - The order number.
admin-orders-choose-one = Choose order { $number }

admin-orders-chosen = With the chosen orders
admin-orders-packing-slips = Packing slips
admin-orders-pick-list = Pick list
admin-orders-export = Export as CSV
admin-orders-mark-shipped = Mark as shipped
admin-orders-mark-shipped-confirm = Mark the chosen orders as shipped? Their customers get an email if the box is ticked.
admin-orders-none-chosen = No order was chosen, so nothing was done. Please tick the orders first.

# Variables:
#   $most (Number) - The largest number.
admin-orders-too-many = At most { $most } orders can be chosen at once. Nothing was done.

# Variables:
#   $shipped (Number) - The number of orders that are marked.
admin-orders-some-shipped =
    { $shipped ->
        [0] No order was marked as shipped:
        [one] One order is marked as shipped, these are not:
       *[other] { $shipped } orders are marked as shipped, these are not:
    }

# An order and why it was not marked.
# Variables:
#   $number (Text) - The order number.
#   $reason (Text) - A sentence.
admin-orders-not-shipped = { $number }: { $reason }

## Columns and states.

admin-order-number = Order
admin-order-paid-at = Paid
admin-order-customer = Customer
admin-order-items = Items
admin-order-total = Total
admin-order-status = Status

# Variables:
#   $name (Text) - The name of the first product.
#   $others (Number) - The number of other products.
admin-order-items-and-others =
    { $others ->
        [one] { $name } and one more
       *[other] { $name } and { $others } more
    }

admin-state-all = All
admin-state-to-ship = To ship
admin-state-partly-shipped = Partly shipped
admin-state-shipped = Shipped
admin-state-not-needed = Nothing to ship
admin-state-attention = Needs attention
admin-state-refunded = Refunded
admin-state-partly-refunded = Partly refunded
admin-state-disputed = Disputed
admin-state-dispute-open = Dispute open
admin-state-dispute-closed = Dispute closed
admin-state-withdrawn = Withdrawn
admin-state-withdrawal-open = Withdrawal to decide

admin-attention-currency-differs = It was paid in another currency than the quoted one.
admin-attention-subtotal-differs = Stripe’s subtotal is not the sum of the lines.
admin-attention-total-differs = The total is not subtotal − discount + shipping + tax.
admin-attention-oversold = It was paid too late: its items had been released, and are sold out.
admin-attention-adopted = It was adopted from Stripe, because it was missing here. Check its lines and the stock.
admin-attention-disputed = The bank disputes the payment, or asks about it.
admin-attention-refund-failed = A refund did not reach the customer.

## One order.

# Variables:
#   $number (Text) - The order number.
admin-order-title = Order { $number }

admin-order-unknown = There is no such order.
admin-order-what = What was ordered
admin-order-sku = SKU
admin-order-name = Product
admin-order-price = Price
admin-order-units = Ordered
admin-order-units-shipped = Shipped
admin-order-units-left = To ship
admin-order-units-refunded = Refunded
admin-order-line-total = Paid
admin-order-money = Money
admin-order-method = Paid with
admin-order-card = Card
admin-order-sepa-debit = SEPA Direct Debit

# How it was paid.
# Variables:
#   $name (Text) - The card's brand, or the kind of payment.
#   $last4 (Text) - The last four digits of the card or account.
admin-order-ending-in = { $name } ending in { $last4 }

admin-order-customers-page = The customer’s page
admin-order-fee = Stripe’s fee
admin-order-net = Payment less the fee
admin-order-left = Still refundable
admin-order-under-way = Refund under way
admin-order-contact = Customer
admin-order-phone = Phone
admin-order-session = Checkout session
admin-order-payment = Payment
admin-order-at-stripe = Open in Stripe’s dashboard
admin-order-no-address = No address was asked for.
admin-order-to-orders = All orders
admin-order-back = Back to the order

## What the owner does.

admin-ship = Ship
admin-ship-title = Ship order

# Variables:
#   $name (Text) - The product.
#   $left (Number) - The units that are left to ship.
admin-ship-units = Units of { $name } (of { $left })

admin-ship-carrier = Carrier
admin-ship-no-carrier = Not stated
admin-ship-other-carrier = Another carrier
admin-ship-carrier-name = Name of the other carrier
admin-ship-tracking = Tracking number
admin-notify = Send an email to the customer
admin-preview = Preview the email
admin-ship-now = Mark as shipped
admin-ship-nothing-left = Nothing is left to ship. Nothing was recorded.
admin-ship-no-units = No units were chosen, so nothing was recorded.
admin-ship-already = This form was sent before. Nothing was recorded twice.
admin-ship-changed = Somebody has shipped or changed something since you opened this page. Nothing was recorded. Please check what is left, and send the form again.
admin-ship-unknown-line = The order has no such line. Nothing was recorded.

# Variables:
#   $sku (Text) - The SKU.
#   $left (Number) - The units that are left.
admin-ship-too-many = Only { $left } of { $sku } can be shipped. Nothing was recorded.

admin-ship-units-unreadable = Please write numbers of units, such as 1. Nothing was recorded.
admin-ship-carrier-unknown = Please choose a carrier of the list.

# Variables:
#   $most (Number) - The largest number of characters.
admin-ship-too-long = At most { $most } characters are possible.

admin-shipments = Parcels
admin-shipment-edit = Correct or undo
admin-shipment-correct = Correct the parcel
admin-shipment-save = Save the correction
admin-shipment-undo = Undo the shipment
admin-shipment-undo-explanation = The items go back to “To ship”. The customer gets no email.
admin-shipment-undone = Undone
admin-shipment-unchanged = Nothing is different, so nothing was changed.
admin-shipment-changed = Somebody has corrected or undone this parcel since you opened this page. Nothing was changed. Please check it again.
admin-shipment-unknown = The order has no such parcel.

admin-refund = Refund
admin-refund-title = Refund order
admin-refund-what = What to refund
admin-refund-choose = Please choose
admin-refund-choose-first = Please choose what to refund. Nothing was refunded.

# Variables:
#   $amount (Text) - The amount.
admin-refund-rest = Everything that is left ({ $amount })

admin-refund-by-amount = This amount
admin-refund-by-lines = These items
admin-refund-amount = Amount

# Variables:
#   $name (Text) - The product.
#   $left (Number) - The units that are not refunded.
#   $paid (Text) - What was paid for the line.
admin-refund-units = Units of { $name } (of { $left }; the line cost { $paid })

admin-refund-restock = Return the items to stock. Items not yet shipped are cancelled.
admin-refund-reason = Reason, for your own records
admin-refund-continue = Continue

## What a refund would do, before it is made.

# Variables:
#   $customer (Text) - The name or email address.
#   $amount (Text) - The amount.
admin-refund-confirm = Refund { $amount } to { $customer }? The money cannot be taken back.

admin-refund-only-restocks = Everything is refunded already. Put the items back into stock?

# Variables:
#   $units (Number) - The number of items.
#   $name (Text) - The product.
admin-refund-line = { $units } × { $name }

# Variables:
#   $units (Number) - The number of items.
admin-refund-returns =
    { $units ->
        [one] One item returns to stock.
       *[other] { $units } items return to stock.
    }

admin-refund-returns-none = Nothing returns to stock.

# Variables:
#   $units (Number) - The number of items.
admin-refund-cancels =
    { $units ->
        [one] One item that is not shipped yet will not be shipped.
       *[other] { $units } items that are not shipped yet will not be shipped.
    }

admin-refund-tells = The customer gets an email.
admin-refund-tells-not = The customer gets no email.

# Variables:
#   $amount (Text) - The amount.
admin-refund-now = Refund { $amount }

admin-refund-restock-now = Put them back
admin-refund-change = Change

## Why nothing was refunded.

admin-refund-amount-beside = An amount is typed here, but something else was chosen above. Please choose “This amount”, or empty this field. Nothing was refunded.
admin-refund-units-beside = Items are typed here, but something else was chosen above. Please choose “These items”, or empty these fields. Nothing was refunded.
admin-refund-amount-restocks = With an amount, it is not clear which items return to stock. Please choose “These items”, or untick the box. Nothing was refunded.

# Variables:
#   $amount (Text) - The amount that is left.
admin-refund-more-than-left = Only { $amount } can still be refunded. Nothing was refunded.

# Variables:
#   $amount (Text) - The amount that is left.
admin-refund-changed = Something was refunded or requested since you opened this page, and { $amount } is left now. Nothing was refunded. Please check it, and send the form again.

# Variables:
#   $sku (Text) - The SKU.
#   $left (Number) - The units that are left.
admin-refund-too-many-units = Only { $left } of { $sku } can still be refunded. Nothing was refunded.

admin-refund-already = This form was sent before. Nothing is refunded twice.
admin-refund-nothing-left = Everything is refunded, or about to be. Nothing was refunded.
admin-refund-no-units = No items were chosen, so nothing was refunded.
admin-refund-unknown-line = The order has no such line. Nothing was refunded.
admin-refund-amounts-unknown = What was paid for each line is not known yet, or it was paid in another currency. Please refund an amount instead. Nothing was refunded.
admin-refund-worth-nothing = Nothing was paid for these items. Nothing was refunded.
admin-refund-no-stock = No item came out of counted stock, or all are back. Please untick the box if you only want to refund. Nothing was refunded.
admin-refund-disputed = The bank has taken the money back in a dispute, so a refund would pay it twice. Please respond to the dispute at Stripe. Nothing was refunded.
admin-refund-dispute-lost = A dispute was lost, so the customer has the money already. Stripe does not refund such a payment.
admin-refund-nothing-paid = Nothing was paid, so there is nothing to refund.

# Variables:
#   $example (Text) - Such as 12.50.
admin-refund-amount-unreadable = Please write an amount above zero with all its decimals, such as { $example }. Nothing was refunded.

admin-refund-currency-unknown = The shop does not know this currency. Please refund everything that is left, or refund at Stripe.
admin-reason-too-long = The reason is too long. Nothing was done.

admin-note = Note
admin-note-text = For you and your staff. The customer does not see it.
admin-note-save = Save the note
admin-note-empty = Please write something. Nothing was saved.

# Variables:
#   $characters (Number) - The number of characters typed.
#   $most (Number) - The largest number of characters.
admin-note-too-long = The note has { $characters } characters, and { $most } are possible. Nothing was saved.

admin-resolve = Resolve
admin-resolve-reason = What you found or did
admin-resolve-explanation = Closes what needs attention, until something new happens.
admin-resolve-empty = Please write what you found or did, so that it can be read later. Nothing was changed.
admin-resolve-nothing = Nothing needs attention any more. Nothing was changed.
admin-resolve-changed = Something else needs attention since you opened this page. Nothing was resolved. Please check it, and send the form again.

admin-withdrawals = Withdrawals
admin-withdrawals-none = No shopper has withdrawn from a contract.
admin-withdrawal-no-order = No order was found
admin-withdrawal-number = Number
admin-withdrawal-at = Received
admin-withdrawal-contract = As the customer wrote it
admin-withdrawal-part = What it is about

# Variables:
#   $number (Number) - Its number.
admin-withdrawal-title = Withdrawal { $number }

admin-withdrawal-accept = Accept
admin-withdrawal-refuse = Refuse
admin-withdrawal-reason = Reason for a refusal, for your own records
admin-withdrawal-explanation = Your decision sends no email. To pay back the money, use “Refund”.
admin-withdrawal-received = To decide
admin-withdrawal-accepted = Accepted
admin-withdrawal-refused = Refused
admin-withdrawal-changed = Somebody has decided it since you opened this page. Nothing was changed.
admin-withdrawal-already = It was decided so before.
admin-withdrawal-unknown = There is no such withdrawal.

admin-mails = Emails
admin-mail-again = Show and send again
admin-mail-title = Email
admin-mail-to = To
admin-mail-to-owner = You
admin-mail-subject = Subject
admin-mail-none = This email would not be sent now, because it no longer applies.
admin-mail-send-again = Send again
admin-mail-waiting = This email waits to be sent. Nothing was changed.
admin-mail-changed = Another email was sent since you opened this page. Nothing was changed. Please check whether it still has to be sent.
admin-mail-unknown = The order has no such email.
admin-mail-pending = Waiting
admin-mail-sent = Sent
admin-mail-failed = Failed

## Emails, by their names.

admin-mail-name-paid = Order confirmation
admin-mail-name-processing = Payment in progress
admin-mail-name-failed = Payment failed
admin-mail-name-paid-late = Paid too late
admin-mail-name-refunded = Refund
admin-mail-name-shipped = Parcel sent
admin-mail-name-new-order = New order, to you
admin-mail-name-order-link = Link to the order
admin-mail-name-flagged = Order needs attention, to you
admin-mail-name-refund-refused = Refund refused, to you
admin-mail-name-refund-failed = Refund failed, to you
admin-mail-name-inquiry = Inquiry of the bank, to you
admin-mail-name-disputed = Payment disputed, to you
admin-mail-name-dispute-closed = Dispute closed, to you

## What has happened.

admin-timeline = What has happened

# Who did it.
# Variables:
#   $name (Text) - The user.
admin-timeline-by = by { $name }

# Variables:
#   $amount (Text) - The amount.
admin-happened-paid = Paid: { $amount }

admin-happened-adopted = Adopted from Stripe

# Variables:
#   $event (Text) - Stripe's name of the event.
#   $state (Text) - Its state.
admin-happened-event = Stripe’s event: { $event } ({ $state })

# Variables:
#   $mail (Text) - The email, in a word.
#   $state (Text) - Its state.
admin-happened-mail = Email “{ $mail }”: { $state }

# Variables:
#   $amount (Text) - The amount.
#   $state (Text) - Its state.
admin-happened-refund-requested = Refund of { $amount } requested ({ $state })

admin-request-asked = not at Stripe yet
admin-request-made = made
admin-request-refused = not made
admin-happened-restocked = Units put back into stock

# Variables:
#   $amount (Text) - The amount.
#   $status (Text) - Stripe's status.
admin-happened-refund = Refund of { $amount } at Stripe ({ $status })

# Variables:
#   $amount (Text) - The amount.
#   $status (Text) - Stripe's status.
admin-happened-dispute = Dispute of { $amount } ({ $status })

# Variables:
#   $parcel (Text) - Carrier and number.
admin-happened-shipped = Parcel sent: { $parcel }

admin-happened-shipment-corrected = Parcel corrected
admin-happened-shipment-undone = Shipment undone
admin-happened-mail-resent = Email sent again

# Variables:
#   $number (Number) - The number of the withdrawal.
admin-happened-withdrawn = The customer has withdrawn (number { $number })

# Variables:
#   $number (Number) - The number of the withdrawal.
#   $state (Text) - The decision.
admin-happened-withdrawal-decided = Withdrawal { $number }: { $state }

# Variables:
#   $note (Text) - The reason.
admin-happened-resolved = Resolved: { $note }

## Slips.

# Variables:
#   $number (Text) - The order number.
admin-packing-title = Packing slip { $number }

admin-packing-ship-to = Ship to

# Variables:
#   $address (Text) - The shop’s name and address, in one line.
admin-packing-from = From: { $address }

admin-packing-print = Print
admin-packing-partly = Other parts of this order were shipped before.
admin-packing-nothing = Nothing of this order is left to ship.
admin-packing-units = Units
admin-packing-print-hint = Print this page with your browser; each order has a page of its own.
admin-packing-orders = Orders

## What was done.

admin-done-shipped = Marked as shipped.
admin-done-orders-shipped = The orders are marked as shipped.
admin-done-shipment-corrected = The parcel is corrected.
admin-done-shipment-undone = The shipment is undone.
admin-done-refund-requested = The refund has been requested. This usually takes a few seconds; this page shows when it is done.
admin-done-restocked = The items are back in stock.
admin-done-note-written = The note is saved.
admin-done-mail-resent = The email is on its way again.
admin-done-resolved = Resolved.
admin-done-withdrawal-decided = The decision is recorded.
