from django.urls import path

from huajie.edges.pages import language

app_name = "pages"
urlpatterns = [path("language/", language.choose, name="language")]
