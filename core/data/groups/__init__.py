"""Groups of images that belong together: of one scene, patient, burst, video or page.

A group is named by its lowest image id: `groups` is (N,), equal numbers belong together, and an image alone has its own
id. Ids that are appended never change the number of an older group.
"""
