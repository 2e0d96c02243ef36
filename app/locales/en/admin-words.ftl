### The owner's admin: words for what was done, and for the states of things.

## What was done, in the audit log.

admin-action-request-refund = Refund requested
admin-action-restock-order = Items returned to stock
admin-action-ship-order = Parcel sent
admin-action-correct-shipment = Parcel corrected
admin-action-undo-shipment = Shipment undone
admin-action-write-note = Note written
admin-action-resend-mail = Email sent again
admin-action-accept-withdrawal = Withdrawal accepted
admin-action-refuse-withdrawal = Withdrawal refused
admin-action-resolve-order = Order resolved
admin-action-set-setting = Setting changed
admin-action-unset-setting = Setting reset to its default
admin-action-sign-in = Signed in
admin-action-block-sign-in = Sign-in blocked for a while
admin-action-sign-out = Signed out
admin-action-end-sessions = Devices signed out
admin-action-create-user = User invited or created
admin-action-change-role = Role changed
admin-action-change-mail = Email address changed
admin-action-change-language = Language changed
admin-action-deactivate-user = User deactivated
admin-action-activate-user = User activated again
admin-action-remove-user = User removed
admin-action-change-password = Password changed
admin-action-set-password = Password set with a link
admin-action-make-link = Link for a password made
admin-action-turn-on-second-factor = Second factor turned on
admin-action-turn-off-second-factor = Second factor turned off
admin-action-replace-recovery-codes = Recovery codes replaced
admin-action-use-recovery-code = Recovery code used
admin-action-create-product = Product created
admin-action-update-product = Product changed
admin-action-put-product-on-sale = Product put on sale
admin-action-take-product-off-sale = Product taken off sale
admin-action-move-product = Product moved in the list
admin-action-change-stock = Stock changed
admin-action-add-pictures = Pictures added
admin-action-change-picture = Picture changed
admin-action-remove-picture = Picture removed
admin-action-create-category = Category created
admin-action-update-category = Category changed
admin-action-delete-category = Category deleted
admin-action-import-products = Products imported
admin-action-save-policy = Policy written
admin-action-replay-event = Event of Stripe processed again
admin-action-dismiss-event = Event of Stripe dismissed
admin-action-retry-task = Failed task run again

## What was changed, in the audit log.

admin-kind-order = Order
admin-kind-product = Product
admin-kind-variant = Variant
admin-kind-category = Category
admin-kind-product-file = Product file
admin-kind-setting = Setting
admin-kind-policy = Policy
admin-kind-withdrawal = Withdrawal
admin-kind-event = Event of Stripe
admin-kind-task = Task
admin-kind-user = User

## Parts of an entry in the audit log.

admin-part-active = On sale
admin-part-address = Address
admin-part-amount = Amount
admin-part-attempts = Attempts
admin-part-carrier = Carrier
admin-part-category = Category
admin-part-copy-of = Copy of
admin-part-created = Created
admin-part-currency = Currency
admin-part-description = Description
admin-part-key = Task
admin-part-language = Language
admin-part-mail = Email address
admin-part-name = Name
admin-part-note = Note
admin-part-notify = Email to the customer
admin-part-number = Number
admin-part-numbers = Numbers
admin-part-parcel = Parcel
admin-part-place = Place
admin-part-price = Price
admin-part-purpose = For
admin-part-reason = Reason
admin-part-reasons = Reasons
admin-part-request = Refund
admin-part-restock = Back in stock
admin-part-role = Role
admin-part-sale-price = Sale price
admin-part-sessions = Devices
admin-part-shipment = Parcel number
admin-part-state = Status
admin-part-stock = Stock
admin-part-text = Text
admin-part-texts = Texts
admin-part-tracking-number = Tracking number
admin-part-units = Units
admin-part-updated = Changed
admin-yes = yes
admin-no = no
admin-purpose-first-owner = first owner
admin-purpose-invitation = invitation
admin-purpose-reset = new password

## The status of disputes, refunds, events and tasks.

admin-dispute-warning-needs-response = the bank asks, and waits for your answer
admin-dispute-warning-under-review = the bank reviews your answer
admin-dispute-warning-closed = the bank’s question is settled
admin-dispute-needs-response = waits for your answer
admin-dispute-under-review = the bank reviews your answer
admin-dispute-prevented = prevented
admin-dispute-charge-refunded = ended, because the payment was refunded
admin-dispute-lost = lost
admin-dispute-won = won
admin-dispute-reason-bank-cannot-process = the bank could not process the payment
admin-dispute-reason-credit-not-processed = a credit did not arrive
admin-dispute-reason-customer-initiated = the customer asked for it
admin-dispute-reason-debit-not-authorized = the customer did not agree to the debit
admin-dispute-reason-duplicate = charged twice
admin-dispute-reason-fraudulent = the customer does not know the payment
admin-dispute-reason-general = no particular reason
admin-dispute-reason-incorrect-account-details = wrong account details
admin-dispute-reason-insufficient-funds = not enough money in the account
admin-dispute-reason-product-not-received = the goods did not arrive
admin-dispute-reason-product-unacceptable = the goods were not as described
admin-dispute-reason-subscription-canceled = the subscription was cancelled
admin-dispute-reason-unrecognized = the customer does not recognise the payment
admin-refund-status-requires-action = waits for the customer
admin-refund-status-pending = on its way
admin-refund-status-succeeded = done
admin-refund-status-canceled = cancelled
admin-refund-status-failed = failed
admin-event-state-pending = waits for its order
admin-event-state-applied = processed
admin-event-state-ignored = changed nothing
admin-event-state-failed = failed, and is tried again
admin-event-state-dead = failed
admin-event-state-dismissed = dismissed
admin-task-state-pending = waits
admin-task-state-done = done
admin-task-state-dead = failed

## Stripe’s events.

admin-event-type-checkout-completed = Checkout finished
admin-event-type-payment-succeeded = Payment arrived
admin-event-type-payment-failed = Payment failed
admin-event-type-checkout-expired = Checkout expired
admin-event-type-refund-created = Refund begun
admin-event-type-refund-updated = Refund changed
admin-event-type-refund-failed = Refund failed
admin-event-type-charge-refunded = Payment refunded
admin-event-type-dispute-created = Payment disputed
admin-event-type-dispute-updated = Dispute changed
admin-event-type-dispute-closed = Dispute closed
admin-event-type-funds-withdrawn = Disputed money withdrawn
admin-event-type-funds-reinstated = Disputed money returned

## Emails.

admin-mail-name-withdrawal-received = Receipt of a withdrawal
admin-mail-name-new-withdrawal = New withdrawal, to you
admin-mail-name-password-reset = New password for a user
admin-mail-name-invitation = Invitation of a user
admin-mail-name-sign-in-attack = Warning to a user: somebody guesses the password
admin-mail-name-payments-refused = Stripe refuses payments, to you
admin-mail-name-unusable-events = Stripe sends unusable events, to you
admin-mail-not-needed = Not sent
admin-mail-in-file = Not sent, only written to a file
admin-no-mail-server = There is no mail server yet. Until there is one, emails are only written to files on the server.
admin-no-mail-server-invite = There is no mail server, so nobody receives an invitation. To get a link that you can hand over yourself, run this command on the shop’s server:
admin-done-user-invited-in-file = The user is invited, but there is no mail server: the invitation is a file on the server. How to get the link is said below.
admin-done-mail-in-file = There is no mail server, so the email is written to a file on the server, and the customer does not get it.
admin-done-link-in-file = This shop has no mail server, so no email will arrive. Whoever runs the shop’s server can make a link with this command: till admin link, followed by the email address.

## What is to be checked, on the first page.

admin-today-findings = Please check

# Variables:
#   $seconds (Number) - How many.
admin-found-clock = The clock of the server differs from Stripe’s by { $seconds } seconds, so payments may fail. Whoever runs the server should set it.

admin-found-no-mail-server = Your customers get no emails, because there is no mail server.

# Variables:
#   $time (Text) - When.
#   $reason (Text) - Stripe's words.
admin-found-payments-refused = Stripe refused to start a payment, last on { $time }. Its reason: { $reason }

# Variables:
#   $time (Text) - When.
admin-found-unusable-events = Stripe sends events in a form that the shop cannot use, last on { $time }. In Stripe’s dashboard, replace the webhook endpoint with one of the payload style “snapshot”.

# Variables:
#   $time (Text) - When.
admin-found-silence = Stripe has sent no webhook since { $time }, so orders arrive minutes late. Check the webhook endpoint in Stripe’s dashboard.

admin-found-logo = The picture of your logo is missing, so pages show no logo.
admin-found-price-tax = Your prices do not say whether they include VAT.

# Variables:
#   $policies (Text) - Their names.
admin-found-policies-missing = Policies that are missing: { $policies }

# Variables:
#   $languages (Text) - Their names.
admin-found-guarantee-missing = The official notice on the legal guarantee is missing in: { $languages }. It is a file on the server.

# Variables:
#   $policies (Text) - Their names.
admin-found-examples = Policies that still have text of the demo shop: { $policies }

admin-found-mend = Change this
admin-found-at-stripe = Open Stripe’s dashboard

## First steps in a new shop.

admin-first-steps = First steps
admin-first-steps-explanation = This list goes away once all is done, or the shop has taken its first real payment.
admin-step-country = Say in which country your shop is: its law and its time follow from that
admin-step-products = Add a product
admin-step-shipping = Say where you ship to, and for how much
admin-step-policies = Write the policies: imprint, terms, privacy
admin-step-contact = Say who you are: your postal address
admin-step-mail = Set a mail server, so that customers get emails
admin-step-live = Take real payments: set Stripe’s live key on the server
admin-step-done = done

## Withdrawals.

admin-withdrawals-older = Older withdrawals
admin-withdrawals-newest = Newest withdrawals
admin-withdrawal-refund-now = Refund now

# Variables:
#   $date (Text) - A day.
admin-withdrawal-refund-until = Refund until { $date }: the law gives you 14 days from the receipt. You may wait until the goods are back, or until the customer proves that they are on their way.

admin-withdrawal-whole-order = the whole order
admin-area-pages = Also here:
admin-withdrawal-decide-again = Change the decision

# Variables:
#   $status (Text) - The status of the dispute.
admin-attention-dispute-status = Status: { $status }.

# Variables:
#   $reason (Text) - Why the bank disputes the payment.
admin-attention-dispute-reason = The bank’s reason: { $reason }.

## Policies.

admin-policy-changes-direction = The text has an invisible character that changes the direction of writing. Please paste it without its formatting, or type that part anew. Nothing was saved.
