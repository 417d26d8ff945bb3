from django.urls import path

from huajie.edges.pages import language, theme

app_name = "pages"
urlpatterns = [
    path("language/", language.choose, name="language"),
    path("theme/", theme.choose, name="theme"),
]
