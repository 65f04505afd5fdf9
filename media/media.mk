noinst_LIBRARIES += media/libmedia.a
media_libmedia_a_SOURCES =

check_PROGRAMS += tests/unit/test_media
TESTS += tests/unit/test_media
tests_unit_test_media_SOURCES = $(UNIT_MAIN)
tests_unit_test_media_LDADD = media/libmedia.a $(BASE_ROW)  $(CPPUNIT_LIBS)
