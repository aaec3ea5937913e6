"""A conformance suite for the Mesh Export API: does an endpoint keep the promises of its documentation page?"""
