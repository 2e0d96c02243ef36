### Anmelden mit zweitem Faktor, das eigene Konto und die Benutzer.

admin-save = Speichern
admin-continue = Weiter
admin-on = An
admin-off = Aus
admin-never = Nie
admin-language = Sprache

## Zu viele Versuche.

admin-limited-minutes = Es gab zu viele Versuche. Bitte versuchen Sie es in { $minutes } Minuten noch einmal.
admin-limited-hours = Es gab zu viele Versuche. Bitte versuchen Sie es in { $hours } Stunden noch einmal.

## Der zweite Faktor.

admin-second-factor = Zweiter Faktor
admin-second-factor-question = Geben Sie den Code ein, den Ihre App gerade zeigt. Wenn Sie Ihre App nicht haben, geben Sie einen Ihrer Ersatzcodes ein.
admin-code = Code
admin-code-hint = Sechs Ziffern, oder ein Ersatzcode wie 3f7k-92xq-m0ab-c5vd.
admin-code-refused = Dieser Code ist falsch oder wurde schon benutzt. Bitte warten Sie auf den nächsten und versuchen Sie es noch einmal.
admin-second-factor-is-on = Ihr zweiter Faktor ist eingeschaltet.
admin-second-factor-is-off = Ihr zweiter Faktor ist ausgeschaltet.
admin-second-factor-change = Zweiten Faktor ändern
admin-second-factor-explanation = Mit einem zweiten Faktor brauchen Sie zum Anmelden Ihr Passwort und einen Code aus einer App auf Ihrem Telefon. Mit Ihrem Passwort allein kann sich niemand anmelden.
admin-second-factor-begin = Zweiten Faktor einrichten
admin-second-factor-again = Mit einem anderen Code neu beginnen
admin-second-factor-scan = Scannen Sie dieses Bild mit einer App für Codes, zum Beispiel der Ihrer Passwortverwaltung.
admin-second-factor-type = Wenn Sie es nicht scannen können, tippen Sie diesen Schlüssel in die App:
admin-new-code-hint = Die sechs Ziffern, die die App gerade zeigt.
admin-new-code-refused = Das ist nicht der Code, den die App gerade zeigt. Bitte prüfen Sie, ob die Uhr Ihres Telefons stimmt, und versuchen Sie den nächsten Code.
admin-turn-on = Einschalten
admin-turn-off = Ausschalten
admin-turn-off-explanation = Danach genügt Ihr Passwort zum Anmelden.
admin-recovery-codes = Ersatzcodes
admin-recovery-codes-left =
    { $left ->
        [one] Sie haben noch einen Ersatzcode.
       *[other] Sie haben noch { $left } Ersatzcodes.
    }
admin-recovery-codes-replace = Neue Ersatzcodes erzeugen
admin-recovery-codes-replace-explanation = Neue Codes ersetzen alle früheren.
admin-recovery-codes-explanation = Wenn Sie Ihr Telefon verlieren, können Sie sich mit jedem dieser Codes einmal anmelden.
admin-recovery-codes-keep = Drucken Sie sie aus oder legen Sie sie in Ihrer Passwortverwaltung ab. Sie werden nicht noch einmal gezeigt.
admin-codes-kept = Ich habe sie sicher aufbewahrt

## Passwörter.

admin-current-password = Aktuelles Passwort
admin-new-password = Neues Passwort
admin-repeated-password = Neues Passwort wiederholen
admin-new-password-hint = Mindestens { $count } Zeichen. Mehrere Wörter sind gut.
admin-change-password = Passwort ändern
admin-change-password-explanation = Hier bleiben Sie angemeldet, auf allen anderen Geräten werden Sie abgemeldet.
admin-passwords-differ = Die beiden Passwörter sind verschieden. Bitte geben Sie beide noch einmal ein.
admin-password-too-short = Bitte wählen Sie ein Passwort mit mindestens { $count } Zeichen.
admin-password-too-long = Bitte wählen Sie ein Passwort mit höchstens { $count } Zeichen.
admin-password-too-common = Dieses Passwort gehört zu den ersten, die jemand probieren würde. Bitte wählen Sie ein anderes.
admin-password-is-mail = Bitte wählen Sie ein Passwort, das mehr ist als Ihre E-Mail-Adresse mit einigen Zeichen.
admin-wrong-password = Das ist nicht Ihr aktuelles Passwort. Es wurde nichts geändert.

## Das Passwort ist vergessen.

admin-forgotten = Ich habe mein Passwort vergessen
admin-forgotten-explanation = Wir schicken Ihnen einen Link, mit dem Sie ein neues Passwort festlegen.
admin-send-link = Link schicken
admin-back-to-sign-in = Zurück zur Anmeldung

## Ein Link, der einmal gilt.

admin-set-password = Passwort festlegen
admin-link-first-owner = Legen Sie ein Passwort fest, und der Shop gehört Ihnen.
admin-link-invitation = Legen Sie ein Passwort fest, um die Verwaltung dieses Shops zu benutzen.
admin-link-reset = Sie werden auf allen Geräten abgemeldet. Ihr zweiter Faktor bleibt, wie er ist.
admin-link-gone-title = Dieser Link gilt nicht
admin-link-gone = Der Link wurde schon benutzt, ist abgelaufen oder nicht vollständig. Es wurde nichts geändert. Bitte fordern Sie einen neuen an.
admin-link-owner-exists = Dieser Shop hat inzwischen einen Inhaber, deshalb gilt dieser Link nicht. Es wurde nichts geändert. Bitten Sie den Inhaber um eine Einladung.

## Das Konto.

admin-account = Ihr Konto
admin-devices = Geräte
admin-device = Gerät
admin-this-device = Dieses Gerät
admin-unknown-device = Unbekannt
admin-address = Adresse
admin-last-used = Zuletzt benutzt
admin-signed-in-at = Angemeldet
admin-sign-out-others = Alle anderen Geräte abmelden

## Die Benutzer.

admin-users = Benutzer
admin-all-users = Alle Benutzer
admin-role = Rolle
admin-role-owner = Inhaber
admin-role-manager = Leitung
admin-role-staff = Mitarbeit
admin-roles-explanation = Mitarbeiter sehen Bestellungen und versenden sie. Die Leitung kann auch erstatten und Produkte und Einstellungen ändern. Inhaber verwalten auch Benutzer und Zahlungseinstellungen.
admin-choose-role = Bitte wählen Sie eine Rolle.
admin-user-state = Zugang
admin-user-invited = Eingeladen
admin-user-active = Aktiv
admin-user-deactivated = Gesperrt
admin-last-sign-in = Letzte Anmeldung
admin-invite-user = Benutzer einladen
admin-invite-explanation = Der Benutzer bekommt eine E-Mail mit einem Link und legt damit ein Passwort fest.
admin-invite-again = Noch eine Einladung schicken
admin-mail-taken = Es gibt schon einen Benutzer mit dieser E-Mail-Adresse.
admin-mail-invalid = Bitte geben Sie eine E-Mail-Adresse ein.
admin-change-mail-hint = Der Benutzer wird abgemeldet und meldet sich mit der neuen Adresse an.
admin-deactivate = Sperren
admin-deactivate-explanation = Ein gesperrter Benutzer wird abgemeldet und kann sich nicht anmelden.
admin-activate = Wieder freigeben
admin-activate-explanation = Der Benutzer kann sich wieder anmelden, mit demselben Passwort.
admin-remove-user = Benutzer entfernen
admin-remove-explanation = Was der Benutzer getan hat, bleibt im Protokoll.
admin-remove-confirmed = Ja, diesen Benutzer entfernen
admin-reset-second-factor-explanation = Falls der Benutzer Telefon und Ersatzcodes verloren hat. Vergewissern Sie sich, dass wirklich der Benutzer darum bittet.
admin-reset-second-factor-confirmed = Ja, der Benutzer hat beides verloren
admin-confirm-first = Bitte setzen Sie zuerst das Häkchen. Es wurde nichts geändert.
admin-last-owner = Das ist der letzte Inhaber, der sich anmelden kann. Deshalb wurde nichts geändert. Machen Sie zuerst jemand anderen zum Inhaber.

## Was getan wurde.

admin-done-recovery-code-used = Sie haben einen Ersatzcode benutzt; er gilt nicht noch einmal.
admin-done-link-requested = Wenn das die Adresse eines Benutzers ist, ist der Link unterwegs. Er gilt einmal und 30 Minuten lang.
admin-done-password-set = Ihr Passwort ist festgelegt. Bitte melden Sie sich an.
admin-done-password-changed = Ihr Passwort ist geändert. Alle anderen Geräte sind abgemeldet.
admin-done-device-signed-out = Das Gerät ist abgemeldet.
admin-done-other-devices-signed-out = Alle anderen Geräte sind abgemeldet.
admin-done-second-factor-off = Der zweite Faktor ist ausgeschaltet.
admin-done-user-invited = Die Einladung ist unterwegs.
admin-done-role-changed = Die Rolle ist geändert, und der Benutzer ist abgemeldet.
admin-done-mail-changed = Die E-Mail-Adresse ist geändert, und der Benutzer ist abgemeldet.
admin-done-user-activated = Der Benutzer kann sich wieder anmelden.
admin-done-user-deactivated = Der Benutzer ist abgemeldet und kann sich nicht mehr anmelden.
admin-done-user-removed = Der Benutzer ist entfernt.
admin-done-user-gone = Diesen Benutzer gibt es nicht mehr. Es wurde nichts geändert.
