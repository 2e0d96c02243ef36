### Ce que les moteurs de recherche montrent des pages.

category-description =
    { $count ->
        [one] { $category } chez { $shop } : { $count } produit avec son prix et sa disponibilité. Commandez directement, sans compte.
       *[other] { $category } chez { $shop } : { $count } produits avec prix et disponibilité. Commandez directement, sans compte.
    }
