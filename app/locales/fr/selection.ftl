### Ce qui a été choisi, avant les produits d’un formulaire qui revient avec.

chosen-above = Dans votre sélection ci-dessus
