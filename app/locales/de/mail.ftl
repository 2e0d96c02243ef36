### E-Mails an Kundinnen und Kunden, und was die E-Mails an den Betreiber mit ihnen teilen.

## Jede E-Mail.

mail-greeting = Guten Tag,
mail-greeting-name = Guten Tag { $name },
mail-test-shop = Dies ist ein Testshop: Hier wird nichts wirklich bezahlt.
mail-label = { $label }:

## Die Tabelle einer Bestellung.

mail-order-paid = Bestellung { $number }, { $time }
mail-each = je { $price }
mail-view-order = Bestellung ansehen

## Die Zahlung ist bestätigt.

mail-paid-subject = Ihre Bestellung { $number } bei { $shop }
mail-paid-title = Vielen Dank für Ihre Bestellung
mail-paid-confirmed =
    Ihre Zahlung ist bei uns eingegangen. Damit ist Ihre Bestellung { $number } bestätigt.
mail-paid-free = Ihre Bestellung { $number } ist bestätigt. Es war nichts zu bezahlen.
mail-next-keep =
    Bewahren Sie diese E-Mail auf: Der Link darin führt zu Ihrer Bestellung. Dort sehen Sie jederzeit
    Ihre Zahlung und mögliche Erstattungen.

## Die Bank bearbeitet die Zahlung.

mail-processing-subject = Ihre Zahlung an { $shop } wird bearbeitet
mail-processing-explanation =
    Ihre Bank bearbeitet die Zahlung. Bei dieser Zahlungsart kann das einige Werktage dauern. Sie
    müssen nichts weiter tun. Bitte bezahlen Sie nicht noch einmal.
mail-next-reserved = Die bestellten Produkte sind für Sie reserviert.
mail-next-result =
    Wir schreiben Ihnen, sobald die Zahlung eingegangen ist oder falls sie nicht klappt.

## Die Zahlung hat nicht geklappt.

mail-failed-subject = Ihre Zahlung an { $shop } hat nicht geklappt
mail-failed-explanation =
    Die Zahlung wurde nicht abgeschlossen. Es wurde nichts abgebucht, und wir verschicken nichts.
mail-failed-again =
    Die gewählten Produkte sind nicht mehr für Sie reserviert. Wenn Sie sie weiterhin kaufen möchten,
    bestellen Sie bitte noch einmal unter { $address }

## Zu spät bezahlt: Die Ware ist ausverkauft.

mail-late-subject = Zu Ihrer Bestellung { $number } bei { $shop }
mail-late-explanation =
    Ihre Zahlung kam erst, als Ihr Bezahlvorgang schon abgelaufen war. Inzwischen waren die
    gewählten Produkte an andere verkauft, und der Vorrat reicht nicht mehr aus. Das tut uns leid.
mail-late-refunding =
    Wir erstatten Ihnen den vollen Betrag ({ $amount }). Sie müssen dafür nichts tun: Wir schreiben
    Ihnen, sobald die Erstattung unterwegs ist.
mail-late-kept =
    Ihre Bestellung bleibt bestehen. Wir teilen Ihnen mit, wann wir liefern können, oder erstatten
    Ihnen den Betrag.

## Eine Erstattung.

mail-refunded-subject = Ihre Erstattung von { $shop }: { $amount }
mail-refunded-in-full =
    Wir haben Ihnen den vollen Betrag Ihrer Bestellung { $number } erstattet ({ $amount }).
mail-refunded-in-part =
    Wir haben Ihnen { $amount } von den { $paid } erstattet, die Sie für Ihre Bestellung { $number }
    bezahlt haben.
mail-refunded-amount = Wir haben Ihnen für Ihre Bestellung { $number } { $amount } erstattet.
mail-refunded-arrives =
    Der Betrag geht auf die Karte oder das Konto zurück, mit dem Sie bezahlt haben, und ist dort meist
    nach fünf bis zehn Tagen zu sehen. Sie müssen nichts tun.

## Ein Paket wurde verschickt.

mail-shipped-subject = Ihre Bestellung { $number } von { $shop } ist unterwegs
mail-shipped-title = Ihre Bestellung ist unterwegs
mail-shipped-part-title = Ein Teil Ihrer Bestellung ist unterwegs
mail-shipped-all = Wir haben Ihre Bestellung { $number } verschickt.
mail-shipped-part =
    Wir haben einen Teil Ihrer Bestellung { $number } verschickt. Der Rest folgt.
mail-shipped-rest =
    Wir haben einen Teil Ihrer Bestellung { $number } verschickt. Mehr ist nicht zu verschicken.
mail-shipped-carrier-and-number =
    Das Paket ist mit { $carrier } unterwegs, mit der Sendungsnummer { $tracking }.
mail-shipped-carrier = Das Paket ist mit { $carrier } unterwegs.
mail-shipped-number = Die Sendungsnummer des Pakets ist { $tracking }.

## Der Link zu einer Bestellung, den jemand angefordert hat.

mail-link-subject = Der Link zu Ihrer Bestellung { $number } bei { $shop }
mail-link-title = Der Link zu Ihrer Bestellung
mail-link-requested =
    Jemand hat diese E-Mail-Adresse eingegeben und den Link zu Ihrer Bestellung { $number }
    angefordert. Hier ist er.
mail-link-ignore =
    Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Niemand sonst hat diese E-Mail erhalten.

## Der Eingang eines Widerrufs wird bestätigt.

mail-withdrawal-subject = Wir haben Ihren Widerruf erhalten ({ $shop })
mail-withdrawal-acknowledged =
    Hiermit bestätigen wir den Eingang Ihres Widerrufs des Vertrags. Inhalt, Datum und Uhrzeit des
    Eingangs stehen unten. Bitte bewahren Sie diese E-Mail auf.
mail-withdrawal-next =
    Wir schreiben Ihnen, wie es weitergeht. Falls dieser Widerruf nicht von Ihnen stammt, geben Sie
    uns bitte Bescheid.
mail-withdrawal-caption = Widerruf des Vertrags
mail-withdrawal-whole = die ganze Bestellung
mail-visit-shop = Zum Shop
