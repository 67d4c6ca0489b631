namespace Sam2.Torch.Checkpoints;

/// <summary>What a pickle may "call".</summary>
internal enum PickleFunction
{
    /// <summary><c>collections.OrderedDict</c>.</summary>
    OrderedDict,

    /// <summary><c>torch._utils._rebuild_tensor</c> and <c>_rebuild_tensor_v2</c>.</summary>
    RebuildTensor,

    /// <summary><c>torch._utils._rebuild_parameter</c>, with or without state.</summary>
    RebuildParameter,

    /// <summary><c>torch.Size</c>: a tuple.</summary>
    Size,

    /// <summary><c>torch.device</c>: kept as its name, such as <c>cuda:0</c>.</summary>
    Device,

    /// <summary><c>_codecs.encode(text, "latin1")</c>: how pickle protocol 2 writes bytes.</summary>
    EncodeLatin1,
}
