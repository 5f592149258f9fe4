"""Addresses of the token process. Its clients are programs: what is not there or went wrong is said in the registry's form."""

from django.urls import include, path

urlpatterns = [path("auth/", include("registry_auth.urls"))]
handler400 = "registry_auth.views.bad_request"
handler404 = "registry_auth.views.not_found"
handler500 = "registry_auth.views.server_error"
