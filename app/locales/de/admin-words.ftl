### Die Verwaltung: Worte für das, was getan wurde, und für den Status der Dinge.

## Was getan wurde, im Protokoll.

admin-action-request-refund = Erstattung beauftragt
admin-action-restock-order = Artikel zurück in den Bestand gelegt
admin-action-ship-order = Paket verschickt
admin-action-correct-shipment = Paket korrigiert
admin-action-undo-shipment = Versand zurückgenommen
admin-action-write-note = Notiz geschrieben
admin-action-resend-mail = E-Mail noch einmal gesendet
admin-action-accept-withdrawal = Widerruf angenommen
admin-action-refuse-withdrawal = Widerruf abgelehnt
admin-action-resolve-order = Bestellung erledigt
admin-action-set-setting = Einstellung geändert
admin-action-unset-setting = Einstellung auf den Standard zurückgesetzt
admin-action-sign-in = Angemeldet
admin-action-block-sign-in = Anmeldung vorübergehend gesperrt
admin-action-sign-out = Abgemeldet
admin-action-end-sessions = Geräte abgemeldet
admin-action-create-user = Benutzer eingeladen oder angelegt
admin-action-change-role = Rolle geändert
admin-action-change-mail = E-Mail-Adresse geändert
admin-action-change-language = Sprache geändert
admin-action-deactivate-user = Benutzer gesperrt
admin-action-activate-user = Benutzer wieder freigegeben
admin-action-remove-user = Benutzer entfernt
admin-action-change-password = Passwort geändert
admin-action-set-password = Passwort mit einem Link festgelegt
admin-action-make-link = Link für ein Passwort erzeugt
admin-action-turn-on-second-factor = Zweiten Faktor eingeschaltet
admin-action-turn-off-second-factor = Zweiten Faktor ausgeschaltet
admin-action-replace-recovery-codes = Ersatzcodes erneuert
admin-action-use-recovery-code = Ersatzcode benutzt
admin-action-create-product = Produkt angelegt
admin-action-update-product = Produkt geändert
admin-action-put-product-on-sale = Produkt in den Verkauf genommen
admin-action-take-product-off-sale = Produkt aus dem Verkauf genommen
admin-action-move-product = Produkt in der Liste verschoben
admin-action-change-stock = Bestand geändert
admin-action-add-pictures = Bilder hinzugefügt
admin-action-change-picture = Bild geändert
admin-action-remove-picture = Bild entfernt
admin-action-create-category = Kategorie angelegt
admin-action-update-category = Kategorie geändert
admin-action-delete-category = Kategorie gelöscht
admin-action-import-products = Produkte importiert
admin-action-save-policy = Rechtliche Seite geschrieben
admin-action-replay-event = Ereignis von Stripe noch einmal verarbeitet
admin-action-dismiss-event = Ereignis von Stripe abgehakt
admin-action-retry-task = Fehlgeschlagene Aufgabe noch einmal gestartet

## Was geändert wurde, im Protokoll.

admin-kind-order = Bestellung
admin-kind-product = Produkt
admin-kind-variant = Variante
admin-kind-category = Kategorie
admin-kind-product-file = Produktdatei
admin-kind-setting = Einstellung
admin-kind-policy = Rechtliche Seite
admin-kind-withdrawal = Widerruf
admin-kind-event = Ereignis von Stripe
admin-kind-task = Aufgabe
admin-kind-user = Benutzer

## Teile eines Eintrags im Protokoll.

admin-part-active = Im Verkauf
admin-part-address = Adresse
admin-part-amount = Betrag
admin-part-attempts = Versuche
admin-part-carrier = Versanddienst
admin-part-category = Kategorie
admin-part-copy-of = Kopie von
admin-part-created = Angelegt
admin-part-currency = Währung
admin-part-description = Beschreibung
admin-part-key = Aufgabe
admin-part-language = Sprache
admin-part-mail = E-Mail-Adresse
admin-part-name = Name
admin-part-note = Notiz
admin-part-notify = E-Mail an den Kunden
admin-part-number = Nummer
admin-part-numbers = Nummern
admin-part-parcel = Paket
admin-part-place = Platz
admin-part-price = Preis
admin-part-purpose = Wofür
admin-part-reason = Grund
admin-part-reasons = Gründe
admin-part-request = Erstattung
admin-part-restock = Zurück in den Bestand
admin-part-role = Rolle
admin-part-sale-price = Aktionspreis
admin-part-sessions = Geräte
admin-part-shipment = Paketnummer
admin-part-state = Status
admin-part-stock = Bestand
admin-part-text = Text
admin-part-texts = Texte
admin-part-tracking-number = Sendungsnummer
admin-part-units = Stück
admin-part-updated = Geändert
admin-yes = ja
admin-no = nein
admin-purpose-first-owner = erster Inhaber
admin-purpose-invitation = Einladung
admin-purpose-reset = neues Passwort

## Der Status von Anfechtungen, Erstattungen, Ereignissen und Aufgaben.

admin-dispute-warning-needs-response = die Bank fragt nach und wartet auf Ihre Antwort
admin-dispute-warning-under-review = die Bank prüft Ihre Antwort
admin-dispute-warning-closed = die Rückfrage der Bank ist erledigt
admin-dispute-needs-response = wartet auf Ihre Antwort
admin-dispute-under-review = die Bank prüft Ihre Antwort
admin-dispute-prevented = abgewendet
admin-dispute-charge-refunded = beendet, weil die Zahlung erstattet wurde
admin-dispute-lost = verloren
admin-dispute-won = gewonnen
admin-dispute-reason-bank-cannot-process = die Bank konnte die Zahlung nicht verarbeiten
admin-dispute-reason-credit-not-processed = eine Gutschrift kam nicht an
admin-dispute-reason-customer-initiated = auf Wunsch des Kunden
admin-dispute-reason-debit-not-authorized = der Kunde hat der Lastschrift nicht zugestimmt
admin-dispute-reason-duplicate = doppelt abgebucht
admin-dispute-reason-fraudulent = der Kunde kennt die Zahlung nicht
admin-dispute-reason-general = kein besonderer Grund
admin-dispute-reason-incorrect-account-details = falsche Kontodaten
admin-dispute-reason-insufficient-funds = das Konto war nicht gedeckt
admin-dispute-reason-product-not-received = die Ware kam nicht an
admin-dispute-reason-product-unacceptable = die Ware war nicht wie beschrieben
admin-dispute-reason-subscription-canceled = das Abo war gekündigt
admin-dispute-reason-unrecognized = der Kunde erkennt die Zahlung nicht wieder
admin-refund-status-requires-action = wartet auf den Kunden
admin-refund-status-pending = unterwegs
admin-refund-status-succeeded = ausgeführt
admin-refund-status-canceled = abgebrochen
admin-refund-status-failed = fehlgeschlagen
admin-event-state-pending = wartet auf seine Bestellung
admin-event-state-applied = verarbeitet
admin-event-state-ignored = hat nichts geändert
admin-event-state-failed = fehlgeschlagen, wird wieder versucht
admin-event-state-dead = fehlgeschlagen
admin-event-state-dismissed = abgehakt
admin-task-state-pending = wartet
admin-task-state-done = erledigt
admin-task-state-dead = fehlgeschlagen

## Stripes Ereignisse.

admin-event-type-checkout-completed = Bezahlvorgang abgeschlossen
admin-event-type-payment-succeeded = Zahlung eingegangen
admin-event-type-payment-failed = Zahlung fehlgeschlagen
admin-event-type-checkout-expired = Bezahlvorgang abgelaufen
admin-event-type-refund-created = Erstattung begonnen
admin-event-type-refund-updated = Erstattung geändert
admin-event-type-refund-failed = Erstattung fehlgeschlagen
admin-event-type-charge-refunded = Zahlung erstattet
admin-event-type-dispute-created = Zahlung angefochten
admin-event-type-dispute-updated = Anfechtung geändert
admin-event-type-dispute-closed = Anfechtung beendet
admin-event-type-funds-withdrawn = Angefochtenes Geld abgezogen
admin-event-type-funds-reinstated = Angefochtenes Geld zurückgegeben

## E-Mails.

admin-mail-name-withdrawal-received = Eingang eines Widerrufs
admin-mail-name-new-withdrawal = Neuer Widerruf, an Sie
admin-mail-name-password-reset = Neues Passwort für einen Benutzer
admin-mail-name-invitation = Einladung eines Benutzers
admin-mail-name-sign-in-attack = Warnung an einen Benutzer: jemand rät das Passwort
admin-mail-name-payments-refused = Stripe lehnt Zahlungen ab, an Sie
admin-mail-name-unusable-events = Stripe sendet unbrauchbare Ereignisse, an Sie
admin-mail-not-needed = Nicht gesendet
admin-mail-in-file = Nicht gesendet, nur in eine Datei geschrieben
admin-no-mail-server = Es gibt noch keinen Mailserver. Bis dahin werden E-Mails nur in Dateien auf dem Server geschrieben.
admin-no-mail-server-invite = Es gibt keinen Mailserver, deshalb bekommt niemand eine Einladung. Um einen Link zu erhalten, den Sie selbst weitergeben können, führen Sie auf dem Server des Shops diesen Befehl aus:
admin-done-user-invited-in-file = Der Benutzer ist eingeladen, aber es gibt keinen Mailserver: Die Einladung ist eine Datei auf dem Server. Wie Sie den Link bekommen, steht unten.
admin-done-mail-in-file = Es gibt keinen Mailserver. Deshalb wird die E-Mail auf dem Server in eine Datei geschrieben, und der Kunde bekommt sie nicht.
admin-done-link-in-file = Dieser Shop hat keinen Mailserver, deshalb kommt keine E-Mail an. Wer den Server des Shops betreibt, kann mit diesem Befehl einen Link erzeugen: till admin link, gefolgt von der E-Mail-Adresse.

## Was zu prüfen ist, auf der ersten Seite.

admin-today-findings = Bitte prüfen
admin-found-clock = Die Uhr des Servers weicht um { $seconds } Sekunden von der von Stripe ab, deshalb können Zahlungen scheitern. Wer den Server betreibt, sollte sie stellen.
admin-found-no-mail-server = Ihre Kunden bekommen keine E-Mails, weil es keinen Mailserver gibt.
admin-found-payments-refused = Stripe hat eine Zahlung abgelehnt, zuletzt am { $time }. Der Grund: { $reason }
admin-found-unusable-events = Stripe sendet Ereignisse in einer Form, die der Shop nicht verwenden kann, zuletzt am { $time }. Ersetzen Sie in Stripes Dashboard den Webhook-Endpunkt durch einen mit dem Payload-Stil „snapshot“.
admin-found-silence = Stripe hat seit { $time } keinen Webhook gesendet, deshalb kommen Bestellungen um Minuten später an. Prüfen Sie den Webhook-Endpunkt in Stripes Dashboard.
admin-found-logo = Das Bild Ihres Logos fehlt, deshalb zeigen die Seiten kein Logo.
admin-found-price-tax = Ihre Preise sagen nicht, ob die Mehrwertsteuer enthalten ist.
admin-found-policies-missing = Rechtliche Seiten, die fehlen: { $policies }
admin-found-guarantee-missing = Der amtliche Hinweis zur gesetzlichen Gewährleistung fehlt in: { $languages }. Er ist eine Datei auf dem Server.
admin-found-examples = Rechtliche Seiten, in denen noch Text des Demo-Shops steht: { $policies }
admin-found-mend = Ändern
admin-found-at-stripe = Stripes Dashboard öffnen

## Erste Schritte in einem neuen Shop.

admin-first-steps = Erste Schritte
admin-first-steps-explanation = Diese Liste verschwindet, sobald alles erledigt ist oder die erste echte Zahlung da ist.
admin-step-country = Angeben, in welchem Land Ihr Shop ist: Danach richten sich Recht und Zeit
admin-step-products = Ein Produkt anlegen
admin-step-shipping = Festlegen, wohin Sie zu welchem Preis versenden
admin-step-policies = Rechtliche Seiten schreiben: Impressum, AGB, Datenschutz
admin-step-contact = Angeben, wer Sie sind: Ihre Anschrift
admin-step-mail = Einen Mailserver einrichten, damit Kunden E-Mails bekommen
admin-step-live = Echte Zahlungen annehmen: Stripes Live-Schlüssel auf dem Server setzen
admin-step-done = erledigt

## Widerrufe.

admin-withdrawals-older = Ältere Widerrufe
admin-withdrawals-newest = Neueste Widerrufe
admin-withdrawal-refund-now = Jetzt erstatten
admin-withdrawal-refund-until = Bis { $date } zu erstatten: Das Gesetz gibt Ihnen 14 Tage ab dem Eingang. Sie dürfen warten, bis die Ware zurück ist oder der Kunde nachweist, dass sie unterwegs ist.
admin-withdrawal-whole-order = die ganze Bestellung
admin-area-pages = Außerdem hier:
admin-withdrawal-decide-again = Entscheidung ändern
admin-attention-dispute-status = Status: { $status }.
admin-attention-dispute-reason = Grund der Bank: { $reason }.

## Rechtliche Seiten.

admin-policy-changes-direction = Der Text enthält ein unsichtbares Zeichen, das die Schreibrichtung ändert. Bitte fügen Sie ihn ohne Formatierung ein, oder tippen Sie die Stelle neu. Es wurde nichts gespeichert.
