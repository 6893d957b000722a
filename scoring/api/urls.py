"""trail/"""

app_name = "scoring_api"
urlpatterns: list = []
