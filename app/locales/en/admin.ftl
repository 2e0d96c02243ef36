### The owner's admin: sign-in, navigation, and what every page needs.

admin-navigation = Admin
admin-today = Today
admin-today-explanation = What waits for you in your shop.
admin-to-today = Go to Today
admin-sign-in = Sign in
admin-sign-out = Sign out
admin-cancel = Cancel
admin-view-shop = View shop
admin-email = Email address
admin-password = Password
admin-no-owner = This shop has no owner yet. Run this command on the shop’s server, with your own email address, and follow what it says:
admin-sign-in-refused = This email address and password do not match a user. Please check both and try again.

# Variables:
#   $seconds (Number) - Seconds until the next attempt.
admin-sign-in-limited =
    { $seconds ->
        [one] There were too many attempts. Please try again in one second.
       *[other] There were too many attempts. Please try again in { $seconds } seconds.
    }
admin-forbidden = You may not see this page
admin-forbidden-explanation = Your role does not allow it. An owner of the shop can change your role.
admin-not-found = This page does not exist
admin-not-found-explanation = The address is wrong, or what was here no longer exists.
admin-form-unreadable = The form did not arrive properly. Nothing has changed. Please try again.
admin-unavailable = The shop’s database does not answer right now. Nothing has changed. Please try again in a moment.
admin-other-website = This form was sent from another website, so it was not accepted. Nothing has changed.
admin-too-large = This form is too large. Nothing has changed.
admin-prove-again = Please confirm your second factor again in another tab, then send this form once more. Nothing has changed yet.
admin-prove-again-link = Confirm the second factor
admin-signed-out-meanwhile = You are no longer signed in. Please sign in in another tab, then send this form once more. Nothing has changed yet.
admin-done-signed-out = You are signed out.
admin-done-saved = Saved.
admin-form-forbidden = Your role does not allow this. Nothing has changed.
admin-not-done = Not done yet
admin-send-again = Send again
admin-back = Go back
