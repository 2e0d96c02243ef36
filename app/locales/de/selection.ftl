### Was ausgewählt wurde, vor den Produkten eines Formulars, das damit zurückkommt.

chosen-above = Oben in Ihrer Auswahl
