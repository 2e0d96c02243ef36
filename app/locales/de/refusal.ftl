### Warum keine Zahlung begonnen wurde, über dem Formular.
###
### „Es wurde nichts abgebucht“ steht nur dort, wo das sicher ist.

nothing-chosen = Bitte wählen Sie mindestens ein Produkt.

## Mit Zeilen des Formulars stimmt etwas nicht.

lines-prices-changed =
    Preise haben sich geändert, seit Sie diese Seite geöffnet haben. Es wurde nichts abgebucht.
lines-gone = Ein Teil Ihrer Auswahl ist nicht mehr verfügbar. Es wurde nichts abgebucht.
lines-held =
    Jemand anderes bezahlt gerade einen Teil Ihrer Auswahl. Es wurde nichts abgebucht.
lines-currencies =
    Produkte in verschiedenen Währungen lassen sich nicht zusammen bezahlen. Es wurde nichts
    abgebucht.
lines-above-share =
    Wir können nicht Ihre ganze Auswahl reservieren. Es wurde nichts abgebucht.
lines-quantities = Bitte prüfen Sie die markierten Mengen. Es wurde nichts abgebucht.
lines-mixed = Bitte prüfen Sie die markierten Artikel. Es wurde nichts abgebucht.

unknown-item = Ein ausgewählter Artikel ist nicht mehr verfügbar.

## Mit dem ganzen Formular stimmt etwas nicht.

too-many-lines =
    Eine Bestellung kann höchstens 100 verschiedene Artikel enthalten. Bitte wählen Sie weniger. Es
    wurde keine Zahlung begonnen.

below-minimum =
    Der Mindestbestellwert ist { $minimum }. Bitte wählen Sie noch einen Artikel. Es wurde nichts
    abgebucht.

above-maximum =
    Diese Bestellung ist zu groß für eine einzelne Zahlung. Bitte wählen Sie weniger Artikel. Es
    wurde nichts abgebucht.

stale-form =
    Diese Seite ist nicht mehr aktuell. Bitte prüfen Sie Mengen und Preise und versuchen Sie es noch
    einmal. Es wurde keine Zahlung begonnen.

unreadable-form =
    Mit Ihrem Bestellformular stimmte etwas nicht. Bitte prüfen Sie die Mengen und versuchen Sie es
    noch einmal. Es wurde keine Zahlung begonnen.

other-website =
    Dieses Formular kam von einer anderen Website, deshalb haben wir es nicht angenommen. Es wurde
    keine Zahlung begonnen.

form-too-large =
    Dieses Formular ist zu groß für uns. Bitte wählen Sie weniger Produkte auf einmal. Es wurde
    keine Zahlung begonnen.

## Es gab zu viele Anfragen.

limited-checkouts =
    Über Ihren Internetanschluss wurden in kurzer Zeit viele Bestellungen begonnen. Bitte versuchen
    Sie es in einigen Minuten noch einmal. Es wurde keine Zahlung begonnen.

limited-shop =
    Im Shop ist gerade sehr viel los. Bitte versuchen Sie es in einer Minute noch einmal. Es wurde
    keine Zahlung begonnen.

limited-order-searches =
    Über Ihren Internetanschluss wurde in kurzer Zeit oft nach Bestellungen gesucht. Bitte versuchen
    Sie es später noch einmal.

limited-requests =
    Von Ihrer Verbindung kamen in kurzer Zeit viele Anfragen. Bitte versuchen Sie es in einer Minute
    noch einmal.

limited-password-resets =
    Von Ihrer Verbindung kamen in kurzer Zeit viele Anfragen. Bitte versuchen Sie es später noch
    einmal.

limited-password-reset-mails =
    An diese E-Mail-Adresse wurden in kurzer Zeit mehrere Links geschickt. Bitte versuchen Sie es
    später noch einmal.

too-many-open =
    Über Ihren Internetanschluss gibt es schon mehrere unbezahlte Bestellungen. Bitte bezahlen Sie
    eine davon, oder versuchen Sie es später noch einmal. Es wurde keine Zahlung begonnen.

## Etwas funktioniert nicht.

payment-unavailable =
    Bezahlen ist gerade nicht möglich. Es wurde nichts abgebucht. Bitte versuchen Sie es in einigen
    Minuten noch einmal.

payments-refused =
    Dieser Shop kann zurzeit keine Zahlungen annehmen. Es wurde nichts abgebucht. Wir wissen
    Bescheid. Bitte kommen Sie später wieder.

earlier-payment-unknown =
    Wir konnten den Zahlungsdienst nicht erreichen und wissen deshalb noch nicht, ob Ihre frühere
    Zahlung geklappt hat. Es wurde keine neue Zahlung begonnen.

earlier-payment-order =
    Falls Sie schon bezahlt haben, erscheint Ihre Bestellung auf { $link }Ihrer
    Bestellseite{ $end }. Sie müssen nicht noch einmal bezahlen.

shop-unavailable =
    Bei uns ist etwas schiefgegangen. Es wurde keine neue Zahlung begonnen. Bitte versuchen Sie es in
    einigen Minuten noch einmal.
