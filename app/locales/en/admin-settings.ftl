### The owner's admin: what waits, settings, policies, audit log, events and tasks.

admin-settings = Settings
admin-settings-explanation = What you change here counts within about a second, on all servers. A checkout keeps the settings that it began with.
admin-settings-face = Appearance
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
admin-settings-fixed = Fixed by the server
admin-settings-fixed-explanation = Whoever runs the server sets these there: as variables of its environment, or in the file .env. The name of the variable is beside each.
admin-settings-for-owners = Only an owner may change these settings, because they decide about payments.
admin-settings-save = Save
admin-setting-meanwhile = Somebody else has changed this since you opened the page. Nothing was saved. Below is what is stored now: save again if yours is right.

# Variables:
#   $value (Text) - What somebody else has stored.
admin-setting-stored-now = Stored now: { $value }

admin-setting-stored-nothing = Nothing is stored now.
admin-settings-preview = Preview
admin-setting-secret = (set, and not shown)

# Variables:
#   $value (Text) - What applies if the setting is empty.
admin-setting-default = Default: { $value }

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
admin-set-logo-hint = In place of the name, above every page and in emails.
admin-set-delivery-note = Note on delivery
admin-set-delivery-note-hint = On the page of every product.
admin-set-return-note = Note on returns
admin-set-return-note-hint = On the page of every product.
admin-set-address = Postal address
admin-set-address-hint = Name and address, one line below the other.
admin-set-email = Email address
admin-set-email-hint = For shoppers.
admin-set-phone = Telephone number
admin-set-phone-hint = As people write it.
admin-set-links = Links
admin-set-links-hint = One on each line: what it is called, an equals sign, and its address, such as Terms = https://shop.example/terms.
admin-set-country = Country
admin-set-country-hint = That the shop is run from.
admin-set-languages = Languages
admin-set-languages-hint = They are in the addresses of pages, so only the server changes them.
admin-set-time-zone = Time zone
admin-set-time-zone-hint = Of dates that people read and of the days of sales, such as Europe/Berlin.
admin-set-eu-rules = Consumer rules of the European Union
admin-set-eu-rules-hint = “Always” is for a shop elsewhere that sells to consumers in the Union, “Never” for one that sells to businesses only.
admin-set-withdrawals = Withdrawal page
admin-set-withdrawals-hint = Whether shoppers can withdraw from a contract in the shop.
admin-set-price-tax = Tax beside prices
admin-set-price-tax-hint = What pages say.
admin-set-automatic-tax = Stripe Tax
admin-set-automatic-tax-hint = Stripe calculates tax. Set it up in Stripe’s dashboard first.
admin-set-tax-ids = Tax ids of businesses
admin-set-tax-ids-hint = Whether businesses may enter their company and tax id.
admin-set-invoices = Invoices by Stripe
admin-set-invoices-hint = Stripe charges a fee for each.
admin-set-shipping-countries = Countries that you ship to
admin-set-shipping-countries-hint = Codes of countries such as DE, AT, or their names.
admin-set-shipping-rates = Shipping rates
admin-set-shipping-rates-hint = Shoppers choose among the names. Rows with the same name are steps by weight: a parcel costs what the smallest step that it fits into costs. Products without a weight count as 0 g. A row that you empty is removed.
admin-set-handling-days = Days until shipping
admin-set-handling-days-hint = Working days until a parcel is with the carrier, such as 0-1.
admin-set-transit-days = Days of transit
admin-set-transit-days-hint = Working days that the carrier takes, such as 1-3.
admin-set-hold = Minutes to pay
admin-set-hold-hint = How long a session can be paid, and its units are held.
admin-set-late-payment = Late payments
admin-set-late-payment-hint = Of payments that arrive when their units are sold out meanwhile.
admin-set-promotion-codes = Promotion codes
admin-set-promotion-codes-hint = Whether shoppers may enter them.
admin-set-ask-phone = Ask for a phone number
admin-set-ask-phone-hint = It is required then.
admin-set-billing-address = Billing address
admin-set-billing-address-hint = When Stripe’s page asks for it.
admin-set-terms = Accept terms of service
admin-set-terms-hint = Shoppers accept the terms whose address is in your Stripe account. Set it there first.
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
admin-set-keep-checkouts-hint = Those that ended without a payment.
admin-set-keep-ignored = Days to keep unrelated events
admin-set-keep-ignored-hint = Events of Stripe that have nothing to do with this shop.
admin-set-keep-failed = Days to keep failed events
admin-set-keep-failed-hint = Events of Stripe that could not be applied.
admin-set-keep-payloads = Days to keep the content of tasks
admin-set-keep-payloads-hint = Of emails and refunds that are done.
admin-set-keep-audit = Days to keep the audit log
admin-set-keep-audit-hint = What people have changed, and when.
admin-settings-current = As it is now
admin-settings-not-saved = Nothing was saved. Please look at the fields that are marked below.
admin-setting-from-server = This is set on the server. Once it is no longer set there, you can change it here.
admin-setting-not-set = not set

# Variables:
#   $choice (Text) - What applies if nothing is chosen.
admin-setting-choice-default = { $choice } (default)

admin-setting-other-languages = languages without their own
admin-setting-keep-forever = Keep forever
admin-setting-nothing-shipped = Nothing is shipped
admin-choice-yes = Yes
admin-choice-no = No
admin-choice-always = Always
admin-choice-never = Never
admin-choice-if-needed = Only if the payment needs it
admin-choice-in-union = If the country is in the EU
admin-choice-if-rules = If EU consumer rules apply
admin-choice-as-stripe-tax = What Stripe Tax does
admin-choice-tax-included = Prices include tax
admin-choice-tax-added = Tax is added to the prices
admin-choice-small-business = No tax, because the business is small
admin-choice-stripe-tax-off = Not used
admin-choice-each-order = Yes, for each order
admin-choice-refund = They are refunded
admin-choice-accept = They are kept, and you decide
admin-default-green = green
admin-default-name = none, pages show the name
admin-default-sender = the sender
admin-default-all-methods = all that are enabled in the Stripe account
admin-default-mail-files = files on the server
admin-default-sandbox = none, payments are only tried out
admin-default-stripes-own = that of Stripe
admin-default-listens = the address at which the server listens
admin-default-anywhere = from everywhere
admin-wrong-value = This is not understood.
admin-wrong-too-long = This is too long.

# Variables:
#   $max (Number) - Characters.
admin-wrong-line = Please enter one line of at most { $max } characters, without any that nobody can see.

admin-wrong-color = Please enter a colour such as #1f5c46.
admin-wrong-email = Please enter one email address such as hello@shop.example.
admin-wrong-sender = Please enter one email address such as shop@shop.example or Shop <shop@shop.example>.
admin-wrong-phone = Please enter a telephone number such as +44 20 7946 0000.
admin-wrong-links = Please write each link on its own line, such as Terms = https://shop.example/terms.

# Variables:
#   $country (Text) - What was typed.
admin-wrong-countries = Please enter codes such as DE, AT. Stripe knows no country { $country }.

admin-wrong-time-zone = Please enter a time zone such as Europe/London or America/New_York.

# Variables:
#   $max (Number) - Days.
admin-wrong-days = Please enter a number of days such as 2, or the fewest and the most such as 1-3, up to { $max }.

# Variables:
#   $max (Number) - Letters.
admin-wrong-prefix = Please enter up to { $max } letters from A to Z, such as TEA.

admin-missing-countries = Please say where you ship to: the shipping rates need countries.
admin-missing-sender = Please enter the sender’s address: with a mail server, emails need one.

# Variables:
#   $number (Number) - Which row of the table of shipping rates.
admin-rate = Rate { $number }

admin-rate-name = Name
admin-rate-price = Price

# Variables:
#   $currency (Text) - The code of a currency.
admin-rate-price-in = Price in { $currency }

admin-rate-grams = Up to weight (g)
admin-rate-free-from = Free from (order value)

# Variables:
#   $currencies (Text) - Codes of currencies.
admin-rates-currencies = Your products have several currencies. The same number is charged in each: { $currencies }.

# Variables:
#   $grams (Text) - A number of grams.
admin-rate-up-to = up to { $grams } g

# Variables:
#   $amount (Text) - An amount of money.
admin-rate-free = free from { $amount }

admin-rate-comma = The name may not have a comma.
admin-rate-not-an-amount = Write an amount such as 4.90 or 4,90, or 0 if it is free.

# Variables:
#   $max (Money) - The largest amount.
admin-rate-range = At most { $max }, and not below zero.

admin-rate-twice = Another row has the same name and weight limit.

# Variables:
#   $max (Number) - Names.
admin-rate-too-many-names = Stripe offers at most { $max } different names.

# Variables:
#   $max (Number) - Rows.
admin-rate-too-many-rows = At most { $max } rows.

admin-rate-all-limited = Every row has a weight limit, so heavy orders could not be shipped. Please leave the limit of one row empty.
admin-accent-adjusted = So that everybody can read it, pages show another shade of your colour.
admin-accent-light = In light mode
admin-accent-dark = In dark mode
admin-accent-choose = Choose a colour
admin-logo-none = There is no logo. Pages show the name.
admin-logo-file = New logo

# Variables:
#   $wide (Number) - How many times as wide as high it may be.
#   $high (Number) - How many times as high as wide it may be.
admin-logo-file-hint = JPEG, PNG, WebP or GIF, such as 640 × 160 pixels. At most { $wide } times as wide as high, and { $high } times as high as wide.

admin-logo-save = Save the logo
admin-logo-remove = Remove the logo
admin-logo-remove-confirm = Remove the logo? Pages show the name again.
admin-logo-no-file = Choose a picture first. Nothing has changed.

# Variables:
#   $file (Text) - The name of the file.
admin-logo-refused = { $file } was not accepted: it must be a JPEG, PNG, WebP or GIF of usual size. The logo has not changed.

# Variables:
#   $width (Text) - Pixels from left to right.
#   $height (Text) - Pixels from top to bottom.
admin-logo-shape = This picture has { $width } × { $height } pixels, which is too narrow or too flat for a logo. Please crop it, or choose another one. The logo has not changed.

admin-policy-see = See the page
admin-server-limit-checkouts = Checkouts of one visitor
admin-server-limit-open-checkouts = Unpaid checkouts of one visitor
admin-server-limit-held-share = Share of the stock that one visitor may hold
admin-server-limit-checkouts-shop = Checkouts of all visitors together
admin-server-limit-order-searches = Searches for an order by one visitor
admin-server-limit-choices = Looks at the selection by one visitor
admin-server-limit-withdrawals = Withdrawals of one visitor
admin-server-limit-withdrawal-mails = Confirmations of withdrawals to one address
admin-server-limit-password-resets = Forgotten passwords of one visitor
admin-server-limit-password-reset-mails = Links for forgotten passwords to one address

# Variables:
#   $count (Text) - How often.
#   $time (Text) - In which time, such as 10 min.
admin-server-rate = { $count } in { $time }

admin-server-no-limit = no limit
admin-server-trusted-proxies = Trusted proxies
admin-server-max-connections = Open connections
admin-server-max-connections-per-client = Open connections of one visitor
admin-server-secret-key = Secret key of the Stripe account
admin-server-webhook-secret = Secret of Stripe’s messages (webhooks)
admin-server-api-base = Address of Stripe
admin-server-checkout-origin = Address of the payment page
admin-server-sandbox = Address of the sandbox
admin-server-data-dir = Folder of the data
admin-server-database = Database
admin-server-postgres-writers = Connections that write to the database
admin-server-listens = Address at which the server listens
admin-server-site-root = Folder of the files for browsers
admin-server-public-url = Address of the shop
admin-server-admin-networks = From where the admin can be used
admin-server-page-cache = Memory for pages, in MiB
admin-server-log = What is logged
admin-server-mail-ca = Certificate for the mail server

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
admin-policy-text-hint = The first line is the title: # Terms and conditions. An empty line begins a paragraph; a line that ends with \ is broken there. HTML is shown as it is typed.
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

