"""licensees"""

app_name = "licensees"
urlpatterns: list = []
