### The owner's admin: what waits, settings, policies, audit log, events and tasks.

admin-settings = Settings
admin-settings-explanation = What you change here counts within about a second, on all servers. A checkout keeps the settings that it began with.
admin-settings-face = Shop’s face
admin-settings-face-about = Name, logo, colour, and what pages say first.
admin-settings-contact = Contact
admin-settings-contact-about = How shoppers reach you, on every page and in every email.
admin-settings-country = Country and languages
admin-settings-country-about = Where the shop is run from, its languages, time zone and law.
admin-settings-tax = Tax and invoices
admin-settings-tax-about = What prices say about tax, and who calculates it.
admin-settings-shipping = Shipping
admin-settings-shipping-about = Where you ship to, for how much, and how long it takes.
admin-settings-checkout = Checkout
admin-settings-checkout-about = What shoppers are asked for when they pay.
admin-settings-orders = Orders
admin-settings-orders-about = How orders are numbered.
admin-settings-stock = Stock
admin-settings-stock-about = When you are warned about the stock.
admin-settings-mail = Emails
admin-settings-mail-about = Who sends emails, who gets those to the owner, and a test.
admin-settings-retention = Retention
admin-settings-retention-about = How long data is kept that is no longer needed.
admin-settings-limits = Limits
admin-settings-limits-about = How often and how much one visitor may ask for.
admin-settings-stripe = Stripe
admin-settings-stripe-about = How Stripe is reached.
admin-settings-server = Server
admin-settings-server-about = Addresses, folders, the database and logs.
admin-settings-fixed = Not changed here
admin-settings-fixed-explanation = These come from variables of the server, in its environment or the file .env, which win over this page.
admin-settings-for-owners = Only an owner may change these settings, because they decide about payments.
admin-settings-save = Save
admin-setting-meanwhile = Somebody else has changed this meanwhile. Nothing was saved: look at it again.
admin-settings-preview = Preview
admin-setting-secret = (set, and not shown)
admin-setting-from-database = Stored in the database.

# Variables:
#   $value (Text) - What applies if the setting is empty.
admin-setting-default = Default: { $value }

# Variables:
#   $variable (Text) - The name of the variable.
admin-setting-from-variable = Locked by the variable { $variable }: change it there, or unset it to change it here.

# Variables:
#   $variable (Text) - The name of the variable.
admin-setting-by-variable = Only the variable { $variable } sets it.

admin-set-name = Name
admin-set-name-hint = Above every page and in every email.
admin-set-tagline = Tagline
admin-set-tagline-hint = A few words beside the name.
admin-set-opening = Opening sentence
admin-set-opening-hint = Below the name on the front page.
admin-set-announcement = Announcement
admin-set-announcement-hint = A bar with news above every page.
admin-set-accent = Accent colour
admin-set-accent-hint = Of buttons and links, such as #1f5c46. It is darkened or lightened until everybody can read it.
admin-set-logo = Logo
admin-set-logo-hint = In place of the name, by the name that “till pictures logo FILE” prints. Empty it to show the name again.
admin-set-delivery-note = Note on delivery
admin-set-delivery-note-hint = On the page of every product.
admin-set-return-note = Note on returns
admin-set-return-note-hint = On the page of every product.
admin-set-address = Postal address
admin-set-address-hint = Name and address, its lines separated by semicolons.
admin-set-email = Email address
admin-set-email-hint = For shoppers.
admin-set-phone = Telephone number
admin-set-phone-hint = As people write it.
admin-set-links = Links
admin-set-links-hint = Such as Terms=https://shop.example/terms, separated by commas.
admin-set-country = Country
admin-set-country-hint = That the shop is run from, as a code such as DE.
admin-set-languages = Languages
admin-set-languages-hint = They are in the addresses of pages, so only the server changes them.
admin-set-time-zone = Time zone
admin-set-time-zone-hint = Of dates that people read and of the days of sales, such as Europe/Berlin.
admin-set-eu-rules = Consumer rules of the European Union
admin-set-eu-rules-hint = “auto”: if the country is in the Union.
admin-set-withdrawals = Withdrawal page
admin-set-withdrawals-hint = Whether shoppers can withdraw from a contract in the shop; “auto”: if the rules of the European Union apply.
admin-set-price-tax = Tax beside prices
admin-set-price-tax-hint = What pages say: “included”, “added”, or “small-business” if you charge none. “auto”: what Stripe Tax does.
admin-set-automatic-tax = Stripe Tax
admin-set-automatic-tax-hint = “exclusive” adds tax to the prices, “inclusive” means that prices include it. Set it up in Stripe’s dashboard first.
admin-set-tax-ids = Tax ids of businesses
admin-set-tax-ids-hint = Whether businesses may enter their company and tax id.
admin-set-invoices = Invoices by Stripe
admin-set-invoices-hint = “stripe”: one for each order, for which Stripe charges a fee.
admin-set-shipping-countries = Countries that you ship to
admin-set-shipping-countries-hint = Codes such as DE,AT, or “none” if nothing is shipped.
admin-set-shipping-rates = Shipping rates
admin-set-shipping-rates-hint = Names and prices in the smallest unit, such as Standard:490,Express:990 (490 is 4.90). With tiers by weight and free from a sum: Letter:190 up to 500 g,Parcel:490 up to 2000 g free from 5000,Parcel:790. A product without a weight counts as 0 g.
admin-set-handling-days = Days until shipping
admin-set-handling-days-hint = Working days until a parcel is with the carrier, such as 0-1.
admin-set-transit-days = Days of transit
admin-set-transit-days-hint = Working days that the carrier takes, such as 1-3.
admin-set-hold = Minutes to pay
admin-set-hold-hint = How long a session can be paid, and its units are held.
admin-set-late-payment = Late payments
admin-set-late-payment-hint = Of units that are sold out meanwhile: “refund” them, or “accept” them and decide yourself.
admin-set-promotion-codes = Promotion codes
admin-set-promotion-codes-hint = Whether shoppers may enter them.
admin-set-ask-phone = Ask for a phone number
admin-set-ask-phone-hint = It is required then.
admin-set-billing-address = Billing address
admin-set-billing-address-hint = “required”, or “auto”: only if the payment needs it.
admin-set-terms = Accept terms of service
admin-set-terms-hint = “required”: shoppers accept the terms whose address is in your Stripe account. Set it there first.
admin-set-order-note = Note to the shop
admin-set-order-note-hint = Whether shoppers may write a note of at most 200 characters.
admin-set-payment-methods = Payment methods
admin-set-payment-methods-hint = Which of those that are enabled in the Stripe account.
admin-set-order-prefix = Prefix of order numbers
admin-set-order-prefix-hint = Up to four letters at the beginning of every new number: TEA-K7QM-3XPA.
admin-set-low-stock = Low stock
admin-set-low-stock-hint = With how many units left or fewer a variant is shown as low.
admin-set-mail-server = Mail server
admin-set-mail-server-hint = Without one, emails are files that nobody receives.
admin-set-mail-from = Sender
admin-set-mail-from-hint = An address such as Shop <shop@shop.example>. Without a name, the shop’s is added.
admin-set-mail-owner = Owner’s address
admin-set-mail-owner-hint = Who is notified when an order needs attention.
admin-set-mail-orders = Email for each order
admin-set-mail-orders-hint = Whether the owner is also notified of each new order.
admin-set-keep-checkouts = Days to keep checkouts
admin-set-keep-checkouts-hint = That ended without a payment: 35 at least, or “off”.
admin-set-keep-ignored = Days to keep unrelated events
admin-set-keep-ignored-hint = Of Stripe, which have nothing to do with this shop: 35 at least, or “off”.
admin-set-keep-failed = Days to keep failed events
admin-set-keep-failed-hint = Of Stripe, which could not be applied: 35 at least, or “off”.
admin-set-keep-payloads = Days to keep the content of tasks
admin-set-keep-payloads-hint = Emails and refunds that are done: 35 at least, or “off”.
admin-set-keep-audit = Days to keep the audit log
admin-set-keep-audit-hint = 365 at least, or “off”.
admin-test-mail = Test email
admin-test-mail-explanation = Sends an email at once, with the settings as they are stored.
admin-test-mail-to = Send it to
admin-test-mail-send = Send test email
admin-test-mail-address = Please enter one email address, such as you@mail.example. Nothing was sent.

# Variables:
#   $reason (Text) - Why, in the words of the program.
admin-test-mail-failed = The test email was not sent: { $reason }

admin-done-test-mail-sent = The mail server has taken the test email. Please check that it arrives.
admin-done-test-mail-written = There is no mail server, so the test email was written to a file on the server.
admin-policies = Policies
admin-policies-explanation = Imprint, terms, privacy and others, in each language of the shop. Footers and emails link to those that there are.
admin-policy = Page
admin-policy-language = Language
admin-policy-changed = Changed
admin-policy-missing = missing
admin-policy-imprint = Imprint
admin-policy-terms = Terms and conditions
admin-policy-privacy = Privacy
admin-policy-withdrawal = Right of withdrawal
admin-policy-shipping = Shipping and returns
admin-policy-accessibility = Accessibility
admin-policy-text = Text in Markdown
admin-policy-text-hint = The first line is the title: # Terms and conditions. HTML is shown as it is typed.
admin-policy-theirs = What is stored now
admin-policy-preview-explanation = This is not saved yet.
admin-policy-changed-meanwhile = Somebody has changed this page since you opened it. Nothing was saved. Below is what is stored now: take over what you need, then open this page anew and save.
admin-policy-no-title = The first line must be the title, such as: # Terms and conditions. Nothing was saved.
admin-policy-no-text = There is no text below the title. Nothing was saved.
admin-policy-too-long = The text is longer than 256 kB. Nothing was saved.
admin-promotions = Promotion codes
admin-promotions-explanation = They are made and changed in Stripe’s dashboard.
admin-promotions-dashboard = Open Stripe’s dashboard
admin-promotions-off = Shoppers cannot enter codes at the moment.
admin-promotions-none = There are no promotion codes yet.
admin-promotions-more = There are more codes; Stripe’s dashboard has all of them.
admin-promotions-failed = Stripe did not list the codes.
admin-promotion-code = Code
admin-promotion-reduction = Reduction
admin-promotion-used = Used
admin-promotion-until = Until
admin-promotion-state = State
admin-promotion-active = active
admin-promotion-inactive = not active

# Variables:
#   $percent (Text) - A share in percent, as a number.
admin-promotion-percent = { $percent } %

# Variables:
#   $amount (Text) - An amount of money.
admin-promotion-minimum = from { $amount }

admin-audit = Audit log
admin-audit-explanation = Who changed what and when, and what was there before.
admin-audit-time = Time
admin-audit-who = Who
admin-audit-from-where = From where
admin-audit-what = What
admin-audit-before = Before
admin-audit-after = After
admin-audit-command-line = command line
admin-audit-anybody = Anybody
admin-audit-anything = Anything
admin-audit-kind = Kind
admin-audit-subject = Name or number
admin-audit-first-day = From
admin-audit-last-day = Until
admin-audit-filter = Show
admin-audit-export = Export as CSV
admin-audit-none = There are no such entries.
admin-audit-older = Older
admin-audit-newest = Newest
admin-events = Failed events
admin-events-explanation = Events of Stripe that the shop could not process. It tries again for four days; after that, only you can try again.
admin-events-none = All events are processed.
admin-event = Event
admin-event-received = Received
admin-event-error = Reason
admin-event-order = Order
admin-event-replay = Process again
admin-event-dismiss = Dismiss
admin-event-note = Why nothing more is to be done
admin-event-note-missing = Please write why nothing more is to be done, in at most 500 characters. Nothing has changed.
admin-done-event-applied = The event is processed.
admin-done-event-failed-again = The event could not be processed again. The reason is below.
admin-done-event-dismissed = The event is dismissed.
admin-done-nothing-to-do = There was nothing left to do: somebody was faster, or it was done already.
admin-done-task-retried = The task runs again within seconds.
admin-outbox = Failed tasks
admin-outbox-explanation = Emails, refunds and queries to Stripe that were given up after two days. Remove the cause, then run them again.
admin-outbox-none = Nothing has failed.
admin-task = Task
admin-task-since = Since
admin-task-retry = Run again
admin-task-mail = Email
admin-task-refund = Refund
admin-task-dispute = Query about a dispute at Stripe
admin-task-details = Query about a payment at Stripe
admin-today-nothing = Nothing waits for you. Enjoy the day.
admin-today-to-ship = To ship
admin-today-flagged = Orders that need attention
admin-today-refunds = Refunds that wait
admin-today-disputes = Disputes
admin-today-withdrawals = Withdrawals to decide

# Variables:
#   $number (Number) - How many there are at least.
admin-today-more = more than { $number }

# Variables:
#   $time (Text) - A time.
admin-today-due = Respond until { $time }

admin-today-reviewing = The bank is reviewing it.
admin-today-refund-asked = Stripe has not made it yet.
admin-today-refund-refused = It was not made.

# Variables:
#   $number (Number) - Units that can still be bought.
admin-today-left = { $number } available

