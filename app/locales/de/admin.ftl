admin-navigation = Verwaltung
admin-today = Heute
admin-today-explanation = Das wartet in Ihrem Shop auf Sie.
admin-to-today = Zu „Heute“
admin-sign-in = Anmelden
admin-sign-out = Abmelden
admin-cancel = Abbrechen
admin-view-shop = Shop ansehen
admin-email = E-Mail-Adresse
admin-password = Passwort
admin-no-owner = Dieser Shop hat noch keinen Inhaber. Führen Sie auf dem Server des Shops diesen Befehl mit Ihrer eigenen E-Mail-Adresse aus, und folgen Sie seinen Anweisungen:
admin-sign-in-refused = Diese E-Mail-Adresse und dieses Passwort passen zu keinem Benutzer. Bitte prüfen Sie beides und versuchen Sie es noch einmal.
admin-sign-in-limited =
    { $seconds ->
        [one] Es gab zu viele Versuche. Bitte versuchen Sie es in einer Sekunde noch einmal.
       *[other] Es gab zu viele Versuche. Bitte versuchen Sie es in { $seconds } Sekunden noch einmal.
    }
admin-forbidden = Diese Seite dürfen Sie nicht sehen
admin-forbidden-explanation = Ihre Rolle erlaubt das nicht. Ein Inhaber des Shops kann Ihre Rolle ändern.
admin-not-found = Diese Seite gibt es nicht
admin-not-found-explanation = Die Adresse ist falsch, oder was hier war, gibt es nicht mehr.
admin-form-unreadable = Das Formular ist nicht richtig angekommen. Es wurde nichts geändert. Bitte versuchen Sie es noch einmal.
admin-unavailable = Die Datenbank des Shops antwortet gerade nicht. Es wurde nichts geändert. Bitte versuchen Sie es gleich noch einmal.
admin-other-website = Dieses Formular kam von einer anderen Website und wurde deshalb nicht angenommen. Es wurde nichts geändert.
admin-too-large = Dieses Formular ist zu groß. Es wurde nichts geändert.
admin-prove-again = Bitte bestätigen Sie Ihren zweiten Faktor in einem anderen Tab, und senden Sie dieses Formular dann noch einmal. Bisher wurde nichts geändert.
admin-prove-again-link = Zweiten Faktor bestätigen
admin-signed-out-meanwhile = Sie sind nicht mehr angemeldet. Bitte melden Sie sich in einem anderen Tab an, und senden Sie dieses Formular dann noch einmal. Bisher wurde nichts geändert.
admin-done-signed-out = Sie sind abgemeldet.
admin-done-saved = Gespeichert.
admin-form-forbidden = Ihre Rolle erlaubt das nicht. Es wurde nichts geändert.
admin-not-done = Noch nicht erledigt
admin-send-again = Noch einmal senden
admin-back = Zurück
