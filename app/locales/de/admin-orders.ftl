### Die Verwaltung: Bestellungen, Pakete, Erstattungen, Notizen.

admin-orders = Bestellungen
admin-orders-none = Keine Bestellung passt dazu.
admin-orders-none-yet = Noch keine Bestellungen.
admin-happened-note = Notiz: { $note }
admin-orders-search = Suche
admin-orders-search-hint = Eine Nummer, E-Mail-Adresse, ein Name, eine Artikelnummer oder Stripes Kennung der Sitzung oder Zahlung
admin-orders-state = Status
admin-orders-from = Bezahlt ab
admin-orders-to = Bezahlt bis
admin-orders-filter = Anzeigen
admin-orders-older = Ältere Bestellungen
admin-orders-newest = Neueste Bestellungen
admin-orders-choose = Auswahl
admin-orders-choose-all = Alle auf dieser Seite auswählen
admin-orders-choose-one = Bestellung { $number } auswählen
admin-orders-chosen = Mit den ausgewählten Bestellungen
admin-orders-packing-slips = Packzettel
admin-orders-pick-list = Sammelliste
admin-orders-export = Als CSV exportieren
admin-orders-mark-shipped = Als verschickt markieren
admin-orders-mark-shipped-confirm = Die ausgewählten Bestellungen als verschickt markieren? Wenn das Häkchen gesetzt ist, bekommen ihre Kunden eine E-Mail.
admin-orders-none-chosen = Es war keine Bestellung ausgewählt, deshalb ist nichts geschehen. Bitte kreuzen Sie zuerst Bestellungen an.
admin-orders-too-many = Höchstens { $most } Bestellungen können auf einmal ausgewählt werden. Es ist nichts geschehen.
admin-orders-some-shipped =
    { $shipped ->
        [0] Keine Bestellung wurde als verschickt markiert:
        [one] Eine Bestellung ist als verschickt markiert, diese nicht:
       *[other] { $shipped } Bestellungen sind als verschickt markiert, diese nicht:
    }
admin-orders-not-shipped = { $number }: { $reason }

## Spalten und Status.

admin-order-number = Bestellung
admin-order-paid-at = Bezahlt
admin-order-customer = Kunde
admin-order-items = Artikel
admin-order-total = Summe
admin-order-status = Status
admin-order-items-and-others =
    { $others ->
        [one] { $name } und ein weiterer
       *[other] { $name } und { $others } weitere
    }

admin-state-all = Alle
admin-state-to-ship = Zu verschicken
admin-state-partly-shipped = Teilweise verschickt
admin-state-shipped = Verschickt
admin-state-not-needed = Nichts zu verschicken
admin-state-attention = Braucht Aufmerksamkeit
admin-state-refunded = Erstattet
admin-state-partly-refunded = Teilweise erstattet
admin-state-disputed = Angefochten
admin-state-dispute-open = Anfechtung offen
admin-state-dispute-closed = Anfechtung beendet
admin-state-withdrawn = Widerrufen
admin-state-withdrawal-open = Widerruf zu entscheiden

admin-attention-currency-differs = Sie wurde in einer anderen Währung als der angebotenen bezahlt.
admin-attention-subtotal-differs = Stripes Zwischensumme ist nicht die Summe der Positionen.
admin-attention-total-differs = Die Summe ist nicht Zwischensumme − Rabatt + Versand + Steuer.
admin-attention-oversold = Sie wurde zu spät bezahlt: Ihre Artikel waren schon wieder freigegeben und sind ausverkauft.
admin-attention-adopted = Sie wurde von Stripe übernommen, weil sie hier fehlte. Prüfen Sie Positionen und Bestand.
admin-attention-disputed = Die Bank ficht die Zahlung an oder fragt danach.
admin-attention-refund-failed = Eine Erstattung ist beim Kunden nicht angekommen.

## Eine Bestellung.

admin-order-title = Bestellung { $number }
admin-order-unknown = Diese Bestellung gibt es nicht.
admin-order-what = Bestellt
admin-order-sku = Artikelnummer
admin-order-name = Produkt
admin-order-price = Preis
admin-order-units = Bestellt
admin-order-units-shipped = Verschickt
admin-order-units-left = Zu verschicken
admin-order-units-refunded = Erstattet
admin-order-line-total = Bezahlt
admin-order-money = Geld
admin-order-method = Bezahlt mit
admin-order-card = Karte
admin-order-sepa-debit = SEPA-Lastschrift

# How it was paid.
# Variables:
#   $name (Text) - The card's brand, or the kind of payment.
#   $last4 (Text) - The last four digits of the card or account.
admin-order-ending-in = { $name } mit den letzten Ziffern { $last4 }

admin-order-customers-page = Seite des Kunden
admin-order-fee = Stripes Gebühr
admin-order-net = Zahlung abzüglich der Gebühr
admin-order-left = Noch erstattbar
admin-order-under-way = Erstattung unterwegs
admin-order-contact = Kunde
admin-order-phone = Telefon
admin-order-session = Bezahlvorgang
admin-order-payment = Zahlung
admin-order-at-stripe = Bei Stripe öffnen
admin-order-no-address = Es wurde keine Adresse erfragt.
admin-order-to-orders = Alle Bestellungen
admin-order-back = Zurück zur Bestellung

## Was der Inhaber tut.

admin-ship = Verschicken
admin-ship-title = Bestellung verschicken
admin-ship-units = Stück von { $name } (von { $left })
admin-ship-carrier = Versanddienst
admin-ship-no-carrier = Keine Angabe
admin-ship-other-carrier = Ein anderer
admin-ship-carrier-name = Name des anderen Versanddienstes
admin-ship-tracking = Sendungsnummer
admin-notify = Den Kunden per E-Mail benachrichtigen
admin-preview = Vorschau der E-Mail
admin-ship-now = Als verschickt markieren
admin-ship-nothing-left = Es ist nichts mehr zu verschicken. Es wurde nichts vermerkt.
admin-ship-no-units = Es wurden keine Stücke gewählt, deshalb wurde nichts vermerkt.
admin-ship-already = Dieses Formular wurde schon gesendet. Es wurde nichts doppelt vermerkt.
admin-ship-changed = Jemand hat etwas verschickt oder geändert, seit Sie diese Seite geöffnet haben. Es wurde nichts vermerkt. Bitte prüfen Sie, was übrig ist, und senden Sie das Formular dann noch einmal.
admin-ship-unknown-line = Die Bestellung hat diese Position nicht. Es wurde nichts vermerkt.
admin-ship-too-many = Nur { $left } von { $sku } können verschickt werden. Es wurde nichts vermerkt.
admin-ship-units-unreadable = Bitte geben Sie Stückzahlen wie 1 ein. Es wurde nichts vermerkt.
admin-ship-carrier-unknown = Bitte wählen Sie einen Versanddienst aus der Liste.
admin-ship-too-long = Höchstens { $most } Zeichen sind möglich.

admin-shipments = Pakete
admin-shipment-edit = Korrigieren oder zurücknehmen
admin-shipment-correct = Paket korrigieren
admin-shipment-save = Korrektur speichern
admin-shipment-undo = Versand zurücknehmen
admin-shipment-undo-explanation = Die Stücke sind dann wieder zu verschicken. Der Kunde wird nicht benachrichtigt.
admin-shipment-undone = Zurückgenommen
admin-shipment-unchanged = Es ist nichts anders, deshalb wurde nichts geändert.
admin-shipment-changed = Jemand hat dieses Paket korrigiert oder zurückgenommen, seit Sie diese Seite geöffnet haben. Es wurde nichts geändert. Bitte prüfen Sie es noch einmal.
admin-shipment-unknown = Die Bestellung hat dieses Paket nicht.

admin-refund = Erstatten
admin-refund-title = Bestellung erstatten
admin-refund-what = Was erstattet wird
admin-refund-choose = Bitte wählen
admin-refund-choose-first = Bitte wählen Sie, was erstattet werden soll. Es wurde nichts erstattet.
admin-refund-rest = Alles, was übrig ist ({ $amount })
admin-refund-by-amount = Dieser Betrag
admin-refund-by-lines = Diese Artikel
admin-refund-amount = Betrag
admin-refund-units = Stück von { $name } (von { $left }; die Position kostete { $paid })
admin-refund-restock = Die Artikel zurück in den Bestand legen. Noch nicht verschickte werden storniert.
admin-refund-reason = Grund, für Ihre Unterlagen
admin-refund-continue = Weiter

## Was eine Erstattung bewirkt, bevor sie beauftragt wird.

admin-refund-confirm = { $customer } { $amount } erstatten? Das Geld lässt sich nicht zurückholen.
admin-refund-only-restocks = Alles ist schon erstattet. Die Artikel zurück in den Bestand legen?
admin-refund-line = { $units } × { $name }
admin-refund-returns =
    { $units ->
        [one] Ein Artikel kommt zurück in den Bestand.
       *[other] { $units } Artikel kommen zurück in den Bestand.
    }
admin-refund-returns-none = Nichts kommt zurück in den Bestand.
admin-refund-cancels =
    { $units ->
        [one] Ein noch nicht verschickter Artikel wird nicht mehr verschickt.
       *[other] { $units } noch nicht verschickte Artikel werden nicht mehr verschickt.
    }

admin-refund-tells = Der Kunde erhält eine E-Mail.
admin-refund-tells-not = Der Kunde erhält keine E-Mail.
admin-refund-now = { $amount } erstatten
admin-refund-restock-now = Zurücklegen
admin-refund-change = Ändern

## Warum nichts erstattet wurde.

admin-refund-amount-beside = Hier steht ein Betrag, oben ist aber etwas anderes gewählt. Bitte wählen Sie „Dieser Betrag“, oder leeren Sie dieses Feld. Es wurde nichts erstattet.
admin-refund-units-beside = Hier stehen Artikel, oben ist aber etwas anderes gewählt. Bitte wählen Sie „Diese Artikel“, oder leeren Sie diese Felder. Es wurde nichts erstattet.
admin-refund-amount-restocks = Bei einem Betrag ist nicht klar, welche Artikel zurück in den Bestand kommen. Bitte wählen Sie „Diese Artikel“, oder lassen Sie das Häkchen weg. Es wurde nichts erstattet.

admin-refund-more-than-left = Nur { $amount } können noch erstattet werden. Es wurde nichts erstattet.
admin-refund-changed = Seit Sie diese Seite geöffnet haben, wurde etwas erstattet oder beauftragt; übrig sind jetzt { $amount }. Es wurde nichts erstattet. Bitte prüfen Sie das, und senden Sie das Formular dann noch einmal.
admin-refund-too-many-units = Nur { $left } von { $sku } können noch erstattet werden. Es wurde nichts erstattet.
admin-refund-already = Dieses Formular wurde schon gesendet. Nichts wird doppelt erstattet.
admin-refund-nothing-left = Alles ist erstattet oder wird es gerade. Es wurde nichts erstattet.
admin-refund-no-units = Es wurden keine Artikel gewählt, deshalb wurde nichts erstattet.
admin-refund-unknown-line = Die Bestellung hat diese Position nicht. Es wurde nichts erstattet.
admin-refund-amounts-unknown = Was für die einzelnen Positionen bezahlt wurde, ist noch nicht bekannt, oder es wurde in einer anderen Währung bezahlt. Bitte erstatten Sie stattdessen einen Betrag. Es wurde nichts erstattet.
admin-refund-worth-nothing = Für diese Artikel wurde nichts bezahlt. Es wurde nichts erstattet.
admin-refund-no-stock = Kein Artikel kam aus gezähltem Bestand, oder alle sind schon zurück. Bitte lassen Sie das Häkchen weg, wenn Sie nur erstatten möchten. Es wurde nichts erstattet.
admin-refund-disputed = Die Bank hat das Geld in einer Anfechtung zurückgeholt; mit einer Erstattung würden Sie doppelt zahlen. Bitte antworten Sie bei Stripe auf die Anfechtung. Es wurde nichts erstattet.
admin-refund-dispute-lost = Eine Anfechtung ging verloren, der Kunde hat das Geld also schon. Stripe erstattet eine solche Zahlung nicht.
admin-refund-nothing-paid = Es wurde nichts bezahlt, also gibt es nichts zu erstatten.
admin-refund-amount-unreadable = Bitte geben Sie einen Betrag über null mit allen Nachkommastellen ein, etwa { $example }. Es wurde nichts erstattet.
admin-refund-currency-unknown = Der Shop kennt diese Währung nicht. Bitte erstatten Sie alles, was übrig ist, oder erstatten Sie bei Stripe.
admin-reason-too-long = Der Grund ist zu lang. Es ist nichts geschehen.

admin-note = Notiz
admin-note-text = Für Sie und Ihr Team. Der Kunde sieht sie nicht.
admin-note-save = Notiz speichern
admin-note-empty = Bitte schreiben Sie etwas. Es wurde nichts gespeichert.
admin-note-too-long = Die Notiz hat { $characters } Zeichen, möglich sind { $most }. Es wurde nichts gespeichert.

admin-resolve = Erledigen
admin-resolve-reason = Was Sie festgestellt oder getan haben
admin-resolve-explanation = Schließt ab, was Aufmerksamkeit braucht, bis etwas Neues geschieht.
admin-resolve-empty = Bitte schreiben Sie, was Sie festgestellt oder getan haben, damit man es später nachlesen kann. Es wurde nichts geändert.
admin-resolve-nothing = Nichts braucht mehr Aufmerksamkeit. Es wurde nichts geändert.
admin-resolve-changed = Seit Sie diese Seite geöffnet haben, braucht etwas anderes Aufmerksamkeit. Es wurde nichts erledigt. Bitte prüfen Sie es, und senden Sie das Formular dann noch einmal.

admin-withdrawals = Widerrufe
admin-withdrawals-none = Niemand hat einen Vertrag widerrufen.
admin-withdrawal-no-order = Keine Bestellung gefunden
admin-withdrawal-number = Nummer
admin-withdrawal-at = Eingegangen
admin-withdrawal-contract = Wie vom Kunden angegeben
admin-withdrawal-part = Worum es geht

# Variables:
#   $number (Number) - Its number.
admin-withdrawal-title = Widerruf { $number }

admin-withdrawal-accept = Annehmen
admin-withdrawal-refuse = Ablehnen
admin-withdrawal-reason = Grund einer Ablehnung, für Ihre Unterlagen
admin-withdrawal-explanation = Ihre Entscheidung sendet keine E-Mail. Um das Geld zurückzuzahlen, benutzen Sie „Erstatten“.
admin-withdrawal-received = Zu entscheiden
admin-withdrawal-accepted = Angenommen
admin-withdrawal-refused = Abgelehnt
admin-withdrawal-changed = Jemand hat darüber entschieden, seit Sie diese Seite geöffnet haben. Es wurde nichts geändert.
admin-withdrawal-already = So war es schon entschieden.
admin-withdrawal-unknown = Diesen Widerruf gibt es nicht.

admin-mails = E-Mails
admin-mail-again = Ansehen und noch einmal senden
admin-mail-title = E-Mail
admin-mail-to = An
admin-mail-to-owner = Sie
admin-mail-subject = Betreff
admin-mail-none = Diese E-Mail würde jetzt nicht gesendet, weil sie nicht mehr zutrifft.
admin-mail-send-again = Noch einmal senden
admin-mail-waiting = Diese E-Mail wartet noch auf ihren Versand. Es wurde nichts geändert.
admin-mail-changed = Seit Sie diese Seite geöffnet haben, wurde eine andere E-Mail gesendet. Es wurde nichts geändert. Bitte prüfen Sie, ob sie noch zu senden ist.
admin-mail-unknown = Die Bestellung hat diese E-Mail nicht.
admin-mail-pending = Wartet
admin-mail-sent = Gesendet
admin-mail-failed = Fehlgeschlagen

## Emails, by their names.

admin-mail-name-paid = Bestellbestätigung
admin-mail-name-processing = Zahlung läuft
admin-mail-name-failed = Zahlung fehlgeschlagen
admin-mail-name-paid-late = Zu spät bezahlt
admin-mail-name-refunded = Erstattung
admin-mail-name-shipped = Paket verschickt
admin-mail-name-new-order = Neue Bestellung, an Sie
admin-mail-name-order-link = Link zur Bestellung
admin-mail-name-flagged = Bestellung braucht Aufmerksamkeit, an Sie
admin-mail-name-refund-refused = Erstattung abgelehnt, an Sie
admin-mail-name-refund-failed = Erstattung fehlgeschlagen, an Sie
admin-mail-name-inquiry = Rückfrage der Bank, an Sie
admin-mail-name-disputed = Zahlung angefochten, an Sie
admin-mail-name-dispute-closed = Anfechtung beendet, an Sie

## Was geschehen ist.

admin-timeline = Was geschehen ist
admin-timeline-by = von { $name }
admin-happened-paid = Bezahlt: { $amount }
admin-happened-adopted = Von Stripe übernommen
admin-happened-event = Stripes Ereignis: { $event } ({ $state })
admin-happened-mail = E-Mail „{ $mail }“: { $state }
admin-happened-refund-requested = Erstattung von { $amount } beauftragt ({ $state })
admin-request-asked = noch nicht bei Stripe
admin-request-made = ausgeführt
admin-request-refused = nicht ausgeführt
admin-happened-restocked = Stücke zurück in den Bestand
admin-happened-refund = Erstattung von { $amount } bei Stripe ({ $status })
admin-happened-dispute = Anfechtung über { $amount } ({ $status })
admin-happened-shipped = Paket verschickt: { $parcel }
admin-happened-shipment-corrected = Paket korrigiert
admin-happened-shipment-undone = Versand zurückgenommen
admin-happened-mail-resent = E-Mail noch einmal gesendet
admin-happened-withdrawn = Der Kunde hat widerrufen (Nummer { $number })
admin-happened-withdrawal-decided = Widerruf { $number }: { $state }
admin-happened-resolved = Erledigt: { $note }

## Packzettel.

admin-packing-title = Packzettel { $number }
admin-packing-ship-to = Lieferadresse
admin-packing-from = Absender: { $address }
admin-packing-print = Drucken
admin-packing-partly = Andere Teile dieser Bestellung wurden schon verschickt.
admin-packing-nothing = Von dieser Bestellung ist nichts mehr zu verschicken.
admin-packing-units = Stück
admin-packing-print-hint = Drucken Sie diese Seite mit Ihrem Browser; jede Bestellung hat eine eigene Seite.
admin-packing-orders = Bestellungen

## Was getan wurde.

admin-done-shipped = Als verschickt markiert.
admin-done-orders-shipped = Die Bestellungen sind als verschickt markiert.
admin-done-shipment-corrected = Das Paket ist korrigiert.
admin-done-shipment-undone = Der Versand ist zurückgenommen.
admin-done-refund-requested = Die Erstattung ist beauftragt. Stripe führt sie in Sekunden aus; diese Seite zeigt, wann es so weit ist.
admin-done-restocked = Die Artikel sind zurück im Bestand.
admin-done-note-written = Die Notiz ist gespeichert.
admin-done-mail-resent = Die E-Mail ist noch einmal unterwegs.
admin-done-resolved = Erledigt.
admin-done-withdrawal-decided = Die Entscheidung ist vermerkt.
