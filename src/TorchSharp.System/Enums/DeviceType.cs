namespace TorchSharp;

/// <summary>Kinds of devices, numbered as in libtorch.</summary>
public enum DeviceType
{
    /// <summary>CPU.</summary>
    CPU = 0,

    /// <summary>CUDA.</summary>
    CUDA = 1,

    /// <summary>MKLDNN.</summary>
    MKLDNN = 2,

    /// <summary>OPENGL.</summary>
    OPENGL = 3,

    /// <summary>OPENCL.</summary>
    OPENCL = 4,

    /// <summary>IDEEP.</summary>
    IDEEP = 5,

    /// <summary>HIP.</summary>
    HIP = 6,

    /// <summary>FPGA.</summary>
    FPGA = 7,

    /// <summary>MSNPU.</summary>
    MSNPU = 8,

    /// <summary>XLA.</summary>
    XLA = 9,

    /// <summary>MPS.</summary>
    MPS = 13,

    /// <summary>META.</summary>
    META = 14,
}
