### La barre en fin de formulaire : le total, le bouton et la suite.

continue-to-payment = Passer au paiement
pay-sum = Payer { $sum }
pay-total = Payer { $total }
contacting-stripe = Connexion à Stripe…

nothing-selected = Aucun article choisi
one-item = 1 article
several-items = { $count } articles

mixed-currencies =
    Les articles dont le prix est dans des devises différentes se paient séparément. Veuillez
    choisir des articles dans une seule devise à la fois.

pays-this-page = Vous payez ce que vous choisissez sur cette page.

choice-failed =
    Ce que vous avez choisi sur d’autres pages n’a pas pu être chargé. Rechargez cette page pour
    l’inclure.

pay-note =
    Vous payez sur la page sécurisée de Stripe. Rien n’est débité avant que vous ne confirmiez.

## Le prix de la livraison, et si des taxes s’ajoutent.

two-countries = { $first } et { $second }
three-countries = { $first }, { $second } et { $third }
many-countries = { $count } pays
delivery = Livraison : { $countries }.
delivery-free = Livraison gratuite ({ $countries }).
delivery-free-or-faster =
    Livraison gratuite, plus rapide avec supplément ({ $countries }).
delivery-from = Livraison à partir de { $price } ({ $countries }).
delivery-costs = Livraison : { $price } ({ $countries }).

tax-added = Les taxes s’ajoutent au moment du paiement.
tax-included = Les prix comprennent les taxes.
