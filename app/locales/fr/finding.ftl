### Trouver des produits : la recherche et les pages qui présentent des produits.

## La recherche, en tête de chaque page.

search-products = Rechercher des produits
search = Rechercher

## La page de la recherche.

what-are-you-looking-for = Que recherchez-vous ?
search-title = Recherche : { $words }

products-found =
    { $count ->
        [one] { $count } produit pour « { $words } »
       *[other] { $count } produits pour « { $words } »
    }

nothing-found = Aucun résultat pour « { $words } »

nothing-found-advice =
    Veuillez vérifier l’orthographe ou essayer avec moins de mots. Le début d’un mot suffit.

or-choose-a-category = Ou choisissez une catégorie :

## La page d’une catégorie.

category-title-page = { $category }, page { $number }

products-in-category =
    { $count ->
        [one] { $count } produit
       *[other] { $count } produits
    }

category-empty = Il n’y a rien à acheter dans cette catégorie pour le moment.

## L’ordre d’une liste, et ce qu’elle laisse de côté.

sort-by = Trier par
sort-relevance = Pertinence
sort-recommended = Recommandation
sort-name = Nom
sort-price = Prix le plus bas
sort-newest = Nouveautés
in-stock-only = En stock seulement
nothing-in-stock = Aucun de ces produits n’est en stock pour le moment.
