### Kopf, Fuß und die Seiten rund um einen Kauf.

## Auf jeder Seite.

skip-to-content = Zum Inhalt springen
test-shop = Testshop: Es wird nichts wirklich bezahlt.
secure-payment = Sicher bezahlen mit Stripe

payments-by-stripe =
    Zahlungen laufen über Stripe. Ihre Kartendaten erreichen diesen Shop nie, und Sie brauchen kein
    Konto.

## Der Katalog.

shop-title = Shop
shop-title-page = Shop, Seite { $number }
choose-then-pay = Wählen Sie die gewünschten Mengen und bezahlen Sie alles in einem Schritt.

choose-then-pay-page =
    Wählen Sie die gewünschten Mengen und bezahlen Sie alles von dieser Seite in einem Schritt.

nothing-for-sale = Zurzeit gibt es hier nichts zu kaufen. Bitte schauen Sie später wieder vorbei.

categories = Kategorien
your-selection = Ihre Auswahl
products = Produkte
other-products = Weitere Produkte

see-all-options = Alle { $count } Varianten ansehen
options-of-product = für { $name }

pages-of-catalog = Seiten des Katalogs
previous-page = ← Vorherige Seite
next-page = Nächste Seite →
page-of = Seite { $number } von { $count }
all-products = ← Alle Produkte

## Die Seite nach einem abgebrochenen Bezahlvorgang.

payment-cancelled = Zahlung abgebrochen
payment-unconfirmed = Wir konnten Ihre Zahlung nicht bestätigen

cancelled-explanation =
    Es wurde nichts abgebucht. Ihre Auswahl ist noch da: Ändern Sie sie, wenn Sie möchten, und
    bezahlen Sie, wenn Sie so weit sind.

unconfirmed-explanation =
    Wir wissen noch nicht, ob Ihre Zahlung geklappt hat. Wenn ja, erscheint Ihre Bestellung auf
    { $link }dieser Seite{ $end }, und Sie müssen nicht noch einmal bezahlen. Wenn nicht, ist Ihre
    Auswahl noch da.

## Die Seite mit einem Link zu Stripe.

one-more-step = Nur noch ein Schritt bis zur Zahlung

one-more-step-explanation =
    Ihre Produkte sind reserviert. Sie bezahlen auf der gesicherten Seite von Stripe. Erst wenn Sie
    dort bestätigen, wird etwas abgebucht.

## Eine Bestellung finden.

find-order-explanation =
    Wir schicken den Link zu Ihrer Bestellung an die E-Mail-Adresse, die Sie beim Bezahlen angegeben
    haben.

email-address = E-Mail-Adresse
send-link = Link zuschicken
order-search-incomplete = Bitte geben Sie Ihre Bestellnummer und Ihre E-Mail-Adresse ein.

check-email = Bitte sehen Sie in Ihr Postfach

check-email-explanation =
    Wenn es bei uns eine Bestellung mit dieser Nummer und der E-Mail-Adresse { $email } gibt,
    schicken wir Ihnen den Link in den nächsten Minuten.

check-email-hint =
    Keine E-Mail? Bitte sehen Sie auch im Spam-Ordner nach, und prüfen Sie Bestellnummer und
    E-Mail-Adresse.

try-again = Noch einmal versuchen
