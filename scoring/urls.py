"""scoring"""

app_name = "scoring"
urlpatterns: list = []
