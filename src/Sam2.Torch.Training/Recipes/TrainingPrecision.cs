namespace Sam2.Torch.Training.Recipes;

/// <summary>Types of weights that a model can be trained in.</summary>
public enum TrainingPrecision
{
    /// <summary>32-bit floating point.</summary>
    Fp32,

    /// <summary>bfloat16, with float32 weights for the optimizer.</summary>
    Bf16,

    /// <summary>16-bit floating point, with float32 weights for the optimizer and a scaled loss.</summary>
    Fp16,
}
