### Die Seite einer Bestellung, für alle, die ihren Link haben.

## Der Stand der Bestellung: der Titel und was er bedeutet.

order-confirming = Ihre Zahlung wird bestätigt
order-confirming-explanation =
    Falls Sie eben bezahlt haben, warten wir noch auf die Bestätigung von Stripe. Das dauert meist
    nur wenige Sekunden. Diese Seite aktualisiert sich automatisch. Bitte bezahlen Sie nicht noch
    einmal.

order-processing = Ihre Bank bearbeitet die Zahlung
order-processing-explanation =
    Bei dieser Zahlungsart kann das einige Werktage dauern. Ihre Artikel sind so lange reserviert.
    Sie müssen nichts weiter tun.

order-failed = Die Zahlung hat nicht geklappt
order-failed-explanation =
    Die Zahlung wurde nicht abgeschlossen. Es ist keine Bestellung entstanden, und es wurde nichts
    abgebucht. Sie können es mit einer anderen Karte oder Zahlungsart noch einmal versuchen.

order-expired = Dieser Bezahlvorgang ist beendet
order-expired-explanation =
    Bis dahin ist keine Zahlung bei uns eingegangen. Es wurde nichts abgebucht. Wenn Sie die
    Produkte weiterhin kaufen möchten, wählen Sie sie bitte noch einmal aus.

order-paid = Vielen Dank, Ihre Bestellung ist bezahlt
order-paid-explanation =
    Wir haben Ihre Bestellung und Ihre Zahlung erhalten. Sie müssen nichts weiter tun.

order-free = Vielen Dank, wir haben Ihre Bestellung
order-free-explanation = Es war nichts zu bezahlen, und Sie müssen nichts weiter tun.

order-late = Ihre Zahlung kam zu spät
order-late-refunded-explanation =
    Als sie bei uns einging, waren die gewählten Produkte schon an jemand anderen verkauft. Wir
    haben Ihnen den vollen Betrag erstattet. Das tut uns leid.
order-late-refunding-explanation =
    Als sie bei uns einging, waren die gewählten Produkte schon an jemand anderen verkauft. Wir
    erstatten Ihnen den vollen Betrag, Sie müssen dafür nichts tun. Das tut uns leid.

order-late-accepted = Ihre Bestellung ist bezahlt, aber es fehlt etwas
order-late-accepted-explanation =
    Wir haben Ihre Zahlung, aber es ist nicht mehr alles vorrätig: Die Zahlung kam erst, als Ihr
    Bezahlvorgang schon abgelaufen war. Wir melden uns bei Ihnen, um das zu klären.

order-refunded = Ihre Bestellung wurde erstattet
order-refunded-explanation = Wir haben Ihnen den vollen Betrag erstattet.

order-refunding = Ihre Erstattung ist unterwegs
order-refunding-explanation =
    Wir erstatten Ihnen den vollen Betrag. Sie müssen dafür nichts tun.

order-disputed = Ihre Bank hat Fragen zu dieser Zahlung
order-disputed-explanation =
    Wir haben Ihre Bestellung, aber Ihre Bank prüft die Zahlung. Wenn Sie das nicht veranlasst
    haben, wenden Sie sich bitte an uns. Sie müssen nicht noch einmal bezahlen.

order-dispute-lost = Ihre Bank hat diese Zahlung zurückgebucht
order-dispute-lost-explanation =
    Ihre Bank hat entschieden, Ihnen diese Zahlung zurückzugeben, und kann Ihnen sagen, wann das
    Geld eintrifft. Wenn Sie die Bestellung behalten möchten, wenden Sie sich bitte an uns.

## Wie es weitergeht.

what-happens-next = Wie es weitergeht

next-bank-confirms =
    Sobald Ihre Bank die Zahlung bestätigt, steht auf dieser Seite, dass Ihre Bestellung bezahlt
    ist.
next-confirmation =
    Sie erhalten eine Bestätigung per E-Mail, an die Adresse, die Sie bei der Bestellung angegeben
    haben.
next-shipping = Wir schicken Ihre Bestellung an die angegebene Adresse.
next-shipping-rest = Den Rest Ihrer Bestellung schicken wir an die angegebene Adresse.
next-shipped = Alles, was wir zu verschicken haben, ist unterwegs zu Ihnen.
next-save-link =
    Speichern Sie den Link zu dieser Seite: Hier sehen Sie jederzeit Ihre Bestellung, Ihre Zahlung
    und mögliche Erstattungen.
next-refund-arrives =
    Meist dauert es fünf bis zehn Tage, bis eine Erstattung auf der Karte oder dem Konto ankommt,
    mit dem Sie bezahlt haben.

## Pakete.

shipments-heading = Pakete
shipment-sent = Verschickt am { $day }
shipment-carrier = mit { $carrier }
shipment-tracking-number = Sendungsnummer
shipment-contents = In diesem Paket
track-parcel = Paket verfolgen

## Nummer, Datum und Positionen.

order-number = Bestellnummer
order-date = Datum
order-address = Webadresse dieser Bestellung

caption-your-order = Ihre Bestellung
caption-your-selection = Ihre Auswahl
caption-ordered = Was Sie bestellt haben

column-product = Produkt
column-price = Einzelpreis
column-quantity = Menge
column-amount = Betrag

line-subtotal = Zwischensumme
line-discount = Rabatt
line-shipping = Versand
line-shipping-by = Versand ({ $method })
line-tax = Steuern
line-tax-included = Steuern (enthalten)
line-total = Gesamtbetrag
line-total-paid = Bezahlter Betrag
line-refunded = Erstattet
line-refunding = Erstattung unterwegs

minor-units = { $amount } kleinste Einheiten von { $code }

shipping-address = Lieferadresse

## An wen man sich wendet.

questions-email =
    Haben Sie Fragen zu Ihrer Bestellung? Schreiben Sie uns bitte an { $email }.
questions-phone = Haben Sie Fragen zu Ihrer Bestellung? Rufen Sie uns bitte an: { $phone }.
questions-email-or-phone =
    Haben Sie Fragen zu Ihrer Bestellung? Schreiben Sie uns bitte an { $email }, oder rufen Sie uns
    an: { $phone }.
quote-order-number = Bitte nennen Sie dabei Ihre Bestellnummer.

## Warum jemand hier ist und nicht bei Stripe, und ein Angebot.

notice-label = Warum Sie diese Seite sehen

already-paid =
    Sie haben diese Bestellung schon bezahlt, deshalb wurde keine neue Zahlung begonnen.
already-processing =
    Ihre Zahlung für diese Bestellung wird schon bearbeitet, deshalb wurde keine neue Zahlung
    begonnen.
paid-before-change =
    Diese Bestellung war schon bezahlt, als Sie Ihre Auswahl geändert haben. Deshalb wurde keine
    neue Zahlung begonnen.

offer-again = Möchten Sie dieselben Artikel noch einmal bestellen?
offer-new-selection = Möchten Sie Ihre neue Auswahl auch kaufen?
offer-incomplete = Der Rest Ihrer Auswahl ist zurzeit nicht verfügbar.
offer-line = { $quantity } × { $name }, je { $price }

choose-again = Noch einmal auswählen
