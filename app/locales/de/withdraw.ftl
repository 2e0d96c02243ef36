### Widerruf eines Vertrags (§ 356a BGB).
###
### Die Worte des Links und der bestätigenden Schaltfläche sind die des Gesetzes.

withdraw-here = Vertrag widerrufen
withdraw-confirm = Widerruf bestätigen

## Das Formular.

withdraw-title = Einen Vertrag widerrufen

withdraw-explanation =
    Sagen Sie uns, welchen Vertrag Sie widerrufen. Sie müssen keinen Grund angeben und brauchen kein
    Konto. Vor dem Absenden sehen Sie alles noch einmal.

withdraw-name = Ihr Name
withdraw-email = E-Mail-Adresse für die Eingangsbestätigung
withdraw-contract = Bestellnummer, oder was Sie gekauft haben
withdraw-scope = Was möchten Sie widerrufen?
withdraw-whole = Die ganze Bestellung
withdraw-part = Einen Teil davon
withdraw-items = Nur bei einem Teil: welche Produkte, und wie viele davon?
withdraw-lines = Produkte, für die Sie widerrufen
withdraw-continue = Weiter

withdraw-line = { $quantity } × { $name }

## Mit dem Formular stimmt etwas nicht.

withdraw-incomplete = Bitte prüfen Sie die markierten Felder. Es wurde noch nichts abgeschickt.
withdraw-name-missing = Bitte geben Sie Ihren Namen ein.
withdraw-email-missing = Bitte geben Sie Ihre E-Mail-Adresse ein.
withdraw-email-invalid = Bitte geben Sie eine E-Mail-Adresse wie name@example.com ein.
withdraw-contract-missing = Bitte geben Sie die Bestellnummer ein, oder was Sie gekauft haben.
withdraw-items-missing = Bitte nennen Sie die Produkte, für die Sie widerrufen.
withdraw-lines-missing = Bitte wählen Sie mindestens ein Produkt.
withdraw-too-long = Bitte verwenden Sie höchstens { $max } Zeichen.

withdraw-unavailable =
    Bei uns ist etwas schiefgegangen, deshalb haben wir Ihren Widerruf nicht erhalten. Bitte
    versuchen Sie es in einigen Minuten noch einmal, oder schreiben Sie uns.

limited-withdrawals =
    Über Ihren Internetanschluss gab es in kurzer Zeit viele Widerrufe, deshalb haben wir diesen
    nicht erhalten. Bitte versuchen Sie es später noch einmal.

limited-withdrawal-mails =
    Mit dieser E-Mail-Adresse wurde in kurzer Zeit der Eingang mehrerer Widerrufe bestätigt. Bitte
    versuchen Sie es später noch einmal.

## Die Seite, die vor dem Absenden alles zeigt.

withdraw-review = Bitte prüfen Sie Ihren Widerruf

withdraw-review-explanation =
    Es wurde noch nichts abgeschickt. Wenn alles stimmt, bestätigen Sie mit der Schaltfläche unten.

withdraw-change = Etwas ändern

## Die Erklärung.

withdraw-statement = Ich widerrufe den hier bezeichneten Vertrag.
withdraw-statement-name = Name
withdraw-statement-email = E-Mail-Adresse
withdraw-statement-contract = Bestellung
withdraw-statement-part = Umfang des Widerrufs
withdraw-statement-time = Eingegangen

## Die Eingangsbestätigung.

withdraw-received = Wir haben Ihren Widerruf erhalten

withdraw-received-explanation =
    Diese Seite bestätigt, dass Ihr Widerruf mit diesem Inhalt und zu dieser Zeit bei uns eingegangen
    ist. Bitte drucken oder speichern Sie sie.

withdraw-received-mail =
    Wir schicken die Eingangsbestätigung auch an { $email }, sofern an diese Adresse heute nicht
    schon mehrere gegangen sind.

## Auf der Seite einer Bestellung.

withdraw-received-on = Widerruf eingegangen am { $day }.
