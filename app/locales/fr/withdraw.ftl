### Rétractation d’un contrat (articles L. 221-21 et D. 221-5 du code de la consommation).
###
### Les mots du lien et du bouton de confirmation sont ceux du décret.

withdraw-here = Renoncer au contrat ici
withdraw-confirm = Confirmer la rétractation

## Le formulaire.

withdraw-title = Renoncer à un contrat

withdraw-explanation =
    Indiquez-nous à quel contrat vous renoncez. Vous n’avez pas à donner de motif ni besoin d’un
    compte. Vous reverrez tout avant l’envoi.

withdraw-name = Votre nom
withdraw-email = Adresse e-mail pour l’accusé de réception
withdraw-contract = Numéro de commande, ou ce que vous avez acheté
withdraw-scope = À quoi souhaitez-vous renoncer ?
withdraw-whole = À toute la commande
withdraw-part = À une partie
withdraw-items = Pour une partie seulement : quels produits et combien de chacun ?
withdraw-lines = Produits auxquels vous renoncez
withdraw-continue = Continuer

withdraw-line = { $quantity } × { $name }

## Le formulaire pose problème.

withdraw-incomplete = Veuillez vérifier les champs indiqués. Rien n’a encore été envoyé.
withdraw-name-missing = Veuillez indiquer votre nom.
withdraw-email-missing = Veuillez indiquer votre adresse e-mail.
withdraw-email-invalid = Veuillez indiquer une adresse e-mail comme nom@example.com.
withdraw-contract-missing = Veuillez indiquer le numéro de commande, ou ce que vous avez acheté.
withdraw-items-missing = Veuillez indiquer les produits auxquels vous renoncez.
withdraw-lines-missing = Veuillez choisir au moins un produit.
withdraw-too-long = Veuillez utiliser au plus { $max } caractères.

withdraw-unavailable =
    Un problème est survenu de notre côté, nous n’avons donc pas reçu votre rétractation. Veuillez
    réessayer dans quelques minutes ou nous écrire.

limited-withdrawals =
    De nombreuses rétractations ont été envoyées depuis votre connexion en peu de temps, nous n’avons
    donc pas reçu celle-ci. Veuillez réessayer plus tard.

limited-withdrawal-mails =
    Nous avons accusé réception de plusieurs rétractations avec cette adresse e-mail en peu de temps.
    Veuillez réessayer plus tard.

## La page qui montre tout avant l’envoi.

withdraw-review = Veuillez vérifier votre rétractation

withdraw-review-explanation =
    Rien n’a encore été envoyé. Si tout est exact, confirmez avec le bouton ci-dessous.

withdraw-change = Modifier

## La déclaration.

withdraw-statement = Je me rétracte du contrat décrit ici.
withdraw-statement-name = Nom
withdraw-statement-email = Adresse e-mail
withdraw-statement-contract = Commande
withdraw-statement-part = Rétractation pour
withdraw-statement-time = Reçue

## L’accusé de réception.

withdraw-received = Nous avons reçu votre rétractation

withdraw-received-explanation =
    Cette page accuse réception de votre rétractation, avec ce contenu et à cette heure. Veuillez
    l’imprimer ou l’enregistrer.

withdraw-received-mail =
    Nous envoyons aussi l’accusé de réception à { $email }, sauf si plusieurs ont déjà été envoyés à
    cette adresse aujourd’hui.

## Sur la page d’une commande.

withdraw-received-on = Rétractation reçue le { $day }.
