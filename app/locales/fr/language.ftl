### Le choix de la langue en pied de page.

language-name = Français
language-switch = Langue
